/**
 * Diagnosing a pair of bases beside reading both once: wall, CPU and memory, in turn, in one run.
 *
 *     node bench/diagnose/diagnose.ts DIR [--shape 7B] [--rounds 3] [--directions 0] [--out FILE.md]
 *
 * DIR gets both bases (29 GB for the 7B shape). Where it may, it empties the system's caches before each command.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { basePools, makeLora, makeModel, parametersOf } from '../support/makeModel.ts';
import { assertFree, dropCaches, machine, measure, spread, type Measured } from '../support/measure.ts';
import { shapeNamed } from '../support/shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: '7B' },
    rounds: { type: 'string', default: '3' },
    directions: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});
const root = resolve(positionals[0] ?? 'bench-models');
const cli = join(import.meta.dirname, '../../dist/cli.js');
const shape = shapeNamed(values.shape);
const [base, old, lora] = ['new', 'old', 'lora16'].map((name) => join(root, values.shape, name)) as [
  string,
  string,
  string,
];

const missing = [base, old].filter((folder) => !existsSync(join(folder, 'config.json')));
assertFree(root, missing.length * 2 * parametersOf(shape));
if (missing.length > 0) {
  const pools = basePools();
  for (const folder of missing) await makeModel(folder, shape, folder === base ? pools.new : pools.old);
}
if (!existsSync(lora)) await makeLora(lora, shape, base, 16);

function weightsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => join(folder, name));
}

const own = ['diagnose', lora, '--onto', base, '--from', old, '--directions', values.directions, '--device', 'cpu'];
const commands: Record<string, readonly [string, readonly string[]]> = {
  'PortLLM, diagnose': [process.execPath, [cli, ...own]],
  'both read once': ['bash', ['-c', 'cat "$0" "$@" > /dev/null', ...weightsIn(base), ...weightsIn(old)]],
};
const results = new Map<string, Measured[]>();
let cold = false;
for (let round = 0; round < Number(values.rounds); round++)
  for (const [name, [command, args]] of Object.entries(commands)) {
    cold = dropCaches();
    const run = await measure(command, args);
    results.set(name, [...(results.get(name) ?? []), run]);
    console.log(`${name}: ${run.seconds} s, ${run.cpuSeconds.toFixed(1)} s CPU`);
  }
const reading = results.get('both read once') ?? [];
const lines = [...results].map(([name, runs]) => {
  const ratios = runs.map(({ seconds }, i) => seconds / (reading[i]?.seconds ?? NaN));
  const memory = runs.map(({ peakBytes }) => peakBytes / 1e6);
  return `| ${name} | ${spread(runs.map((run) => run.seconds))} | ${spread(ratios, 2)} | ${spread(runs.map((run) => run.cpuSeconds))} | ${spread(memory, 0)} |`;
});
const text = `# Diagnose, ${values.shape} (the shapes of ${shape.like}), LoRA of rank 16 on all linears, ${values.directions} directions

\`node bench/diagnose/diagnose.ts\` on ${machine()}; ${cold ? "the system's caches emptied before each command" : 'caches as they were'}; ${values.rounds} rounds in
turn. Whole commands. In brackets from the least to the most.

| command | wall, s | over reading | CPU, s | peak memory, MB |
| --- | ---: | ---: | ---: | ---: |
${lines.join('\n')}
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
