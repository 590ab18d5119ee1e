/**
 * How the cost of a port to a checkpoint grows: with the model, the rank, the number of shards and the number of patches.
 *
 *     node bench/port/growth.ts DIR [--rounds 3] [--sizes 135M,1.2B,7B] [--out FILE.md]
 *
 * Each line is explained by what it should be: bytes for the model, rank · parameters for products, nothing for shards.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { basePools, makeLora, makeModel, parametersOf } from '../support/makeModel.ts';
import { dropCaches, machine, measure, spread } from '../support/measure.ts';
import { shapeNamed } from '../support/shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '135M,1.2B,7B' },
    out: { type: 'string' },
  },
});
const root = resolve(positionals[0] ?? 'bench-models');
const cli = join(import.meta.dirname, '../../dist/cli.js');
const output = join(root, 'growth-out');
const pools = basePools();

/** A model and its patches, made once. */
async function made(name: string, { rank = 16, shards = 0, patches = 1 } = {}): Promise<string[]> {
  const shape = shapeNamed(name);
  const count = shards === 0 ? shape.shards : shards;
  const base = join(root, name, count === shape.shards ? 'new' : `new-${count}`);
  if (!existsSync(join(base, 'config.json'))) await makeModel(base, shape, pools.new, count);
  const folders: string[] = [];
  for (let i = 0; i < patches; i++) {
    const folder = join(root, name, `lora${rank}${i === 0 ? '' : `-${i}`}`);
    if (!existsSync(folder)) await makeLora(folder, shape, base, rank);
    folders.push(folder);
  }
  return [...folders, '--onto', base];
}

async function line(what: string, parameters: number, inputs: readonly string[]): Promise<string> {
  const [seconds, memory]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    rmSync(output, { recursive: true, force: true });
    dropCaches();
    const run = await measure(process.execPath, [cli, 'port', ...inputs, '--out', output, '--device', 'cpu']);
    seconds.push(run.seconds);
    memory.push(run.peakBytes / 1e6);
  }
  rmSync(output, { recursive: true, force: true });
  const each = (1e9 * Math.min(...seconds)) / parameters;
  const row = `| ${what} | ${spread(seconds)} | ${each.toFixed(1)} | ${spread(memory, 0)} |`;
  console.log(row);
  return row;
}

const sections: string[] = [];
async function section(title: string, explained: string, rows: readonly (() => Promise<string>)[]): Promise<void> {
  const lines: string[] = [];
  for (const row of rows) lines.push(await row());
  const head = '| | wall, s | ns for each parameter | peak memory, MB |\n| --- | ---: | ---: | ---: |';
  sections.push(`## ${title}\n\n${explained}\n\n${head}\n${lines.join('\n')}\n`);
}

const sizes = values.sizes.split(',');
const middle = '1.2B';
const parameters = parametersOf(shapeNamed(middle));
await section(
  'Models',
  'In proportion to the bytes, after about a second for two processes, ONNX Runtime and the plan.',
  sizes.map((name) => async () => line(name, parametersOf(shapeNamed(name)), await made(name))),
);
await section(
  `Rank, on ${middle}`,
  'In the lanes up to rank 256; above, ONNX Runtime makes the products, and each Δ goes through memory once more.',
  [4, 16, 64, 128, 256, 320].map((rank) => async () => line(`rank ${rank}`, parameters, await made(middle, { rank }))),
);
await section(
  `Shards, on ${middle}`,
  'Each costs a file, its header and two waits for the disk.',
  [1, 10, 100].map((shards) => async () => line(`${shards} shards`, parameters, await made(middle, { shards }))),
);
await section(
  'Patches, on 135M',
  'Their exact sum has the sum of their ranks.',
  [1, 2, 4].map(
    (patches) => async () =>
      line(`${patches} patches`, parametersOf(shapeNamed('135M')), await made('135M', { patches })),
  ),
);
for (const shards of [10, 100]) rmSync(join(root, middle, `new-${shards}`), { recursive: true, force: true });
const text = `# How the cost of a port grows

\`node bench/port/growth.ts\` on ${machine()}; ${values.rounds} rounds, LoRA of rank 16 on all linears where nothing else is said, caches emptied before
each command where that is allowed. Whole commands.

${sections.join('\n')}`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
