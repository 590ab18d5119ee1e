/**
 * What a port to an adapter takes, beside what it cannot do without: starting two processes of Node, and copying the patch to the
 * disk.
 *
 *     node bench/port/adapter.ts DIR [--shape 7B] [--rank 16] [--rounds 7] [--out FILE.md]
 *
 * Of the base only headers are read, so its weights are a hole in the file here.
 */
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { canonicalLayout } from '../../src/safetensors/writer.ts';
import { makeLora } from '../support/makeModel.ts';
import { dropCaches, machine, measure, spread } from '../support/measure.ts';
import { configOf, shapeNamed, tensorsOf } from '../support/shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: '7B' },
    rank: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const shape = shapeNamed(values.shape);
const root = join(resolve(positionals[0] ?? 'bench-models'), 'adapter');
const [base, patch, output] = [join(root, 'base'), join(root, 'patch'), join(root, 'out')];
const weights = join(base, 'model.safetensors');

rmSync(root, { recursive: true, force: true });
mkdirSync(base, { recursive: true });
const layout = canonicalLayout(
  tensorsOf(shape).map((tensor) => ({ ...tensor, dtype: 'BF16' as const })),
  { format: 'pt' },
);
writeFileSync(join(base, 'config.json'), configOf(shape));
writeFileSync(weights, layout.headerBytes);
truncateSync(weights, layout.fileBytes);
await makeLora(patch, shape, base, Number(values.rank));

const cli = join(import.meta.dirname, '../../dist/cli.js');
const commands = {
  'PortLLM, adapter': [process.execPath, cli, 'port', patch, '--onto', base, '--out', output, '--as', 'adapter'],
  'cp -r of the patch, and sync': ['bash', '-c', `cp -r "${patch}" "${output}" && sync -f "${output}"`],
  'two processes of Node, one after the other': [
    'bash',
    '-c',
    `"${process.execPath}" -e 0; "${process.execPath}" -e 0`,
  ],
};
const seconds = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, [command = '', ...args]] of Object.entries(commands)) {
    if (existsSync(output)) rmSync(output, { recursive: true });
    dropCaches();
    seconds.get(name)?.push((await measure(command, args)).seconds);
  }

const megabytes = (statSync(join(patch, 'adapter_model.safetensors')).size / 1e6).toFixed(0);
const taken = (statSync(weights).blocks * 512) / statSync(weights).size;
rmSync(root, { recursive: true });
const text = `# Port to an adapter, ${values.shape}, LoRA of rank ${values.rank} on all linears (${megabytes} MB)

\`node bench/port/adapter.ts\` on ${machine()}; ${values.rounds} rounds in turn, the system's caches emptied before each command. Whole commands.

| command | wall, s |
| --- | ---: |
${[...seconds].map(([name, all]) => `| ${name} | ${spread(all, 2)} |`).join('\n')}

The base's file has its header and a hole: of its ${(layout.fileBytes / 1e9).toFixed(1)} GB, ${(100 * taken).toFixed(4)} % are on the disk, and no more could be read. What is left beside the two floors is reading
our own code, the norms of the patch, and reading back what was written.
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
