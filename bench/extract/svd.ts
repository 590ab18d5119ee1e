/**
 * A LoRA of rank 16 out of a difference of weights, beside mergekit-extract-lora's method: seconds from the matrix in memory to
 * the factors, and the error beside the least that is possible.
 *
 *     node bench/extract/svd.ts DIR [--rounds 3] [--out FILE.md]
 *
 * The difference is what fine-tuning leaves: 64 directions whose sizes fall as 1/k, in noise that is nearly flat.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gaussian } from '../../src/kernels/linalg/gaussian.ts';
import { truncatedSvd } from '../../src/kernels/linalg/randomisedSvd.ts';
import { OrtKernel } from '../../src/kernels/runtime/ortKernel.ts';
import { machine, measure, spread } from '../support/measure.ts';
import { pythonIn } from '../support/python.ts';

const RANK = 16;
const DIRECTIONS = 64;
const NOISE = 0.01;
const SHAPES = [
  [4096, 4096],
  [4096, 14_336],
] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, out: { type: 'string' } },
});
const root = resolve(positionals[0] ?? 'bench-models');
mkdirSync(root, { recursive: true });
const python = pythonIn(root, 'peft');
const kernel = await OrtKernel.create('cpu');

async function makeDelta(rows: number, columns: number): Promise<Float32Array> {
  const left = Float32Array.from(gaussian(rows * DIRECTIONS, 1), (value, i) => value / (1 + (i % DIRECTIONS)));
  const right = Float32Array.from(gaussian(DIRECTIONS * columns, 2));
  const delta = await kernel.product(left, right, { rows, rank: DIRECTIONS, columns }, 0.01);
  const noise = gaussian(1 << 22, 3);
  return delta.map((value, i) => value + NOISE * (noise[(i * 7 + (i >> 22)) & ((1 << 22) - 1)] ?? 0));
}

interface Run {
  readonly ours: number;
  readonly torch: number;
  readonly error: number;
  readonly version: string;
}

async function round(delta: Float32Array, rows: number, columns: number): Promise<Run> {
  const tile = (row: number, count: number): Promise<Float32Array> =>
    Promise.resolve(delta.subarray(row * columns, (row + count) * columns));
  const begin = performance.now();
  const { left, right, values: sizes } = await truncatedSvd({ rows, columns, tile }, kernel, { rank: RANK });
  const ours = (performance.now() - begin) / 1000;
  const scaled = left.map((value, i) => value * (sizes[i % RANK] ?? 0));
  const files = ['left', 'right'].map((name) => join(root, name));
  writeFileSync(files[0] ?? '', scaled);
  writeFileSync(files[1] ?? '', right);
  const script = join(import.meta.dirname, 'torch_svd.py');
  const { output } = await measure(python, [
    script,
    join(root, 'delta'),
    ...[rows, columns, RANK].map(String),
    ...files,
  ]);
  const said = JSON.parse(output) as { seconds: number; optimal: number; ours: number; torch: string };
  return { ours, torch: said.seconds, error: said.ours / said.optimal, version: said.torch };
}

const lines: string[] = [];
let version = '';
for (const [rows, columns] of SHAPES) {
  const delta = await makeDelta(rows, columns);
  writeFileSync(join(root, 'delta'), delta);
  const runs: Run[] = [];
  for (let i = 0; i < Number(values.rounds); i++) {
    runs.push(await round(delta, rows, columns));
    console.log(rows, columns, runs.at(-1));
  }
  version = runs[0]?.version ?? '';
  const ratios = runs.map(({ ours, torch }) => torch / ours);
  const cells = [
    spread(
      runs.map((run) => run.ours),
      2,
    ),
    spread(
      runs.map((run) => run.torch),
      1,
    ),
    spread(ratios, 1),
  ];
  lines.push(
    `| ${rows} × ${columns} | ${cells.join(' | ')} | ${spread(
      runs.map((run) => run.error),
      4,
    )} |`,
  );
}
for (const name of ['delta', 'left', 'right']) rmSync(join(root, name));
await kernel.release();
const text = `# A LoRA of rank ${RANK} out of a difference

\`node bench/extract/svd.ts\` on ${machine()}; ${values.rounds} rounds in turn. torch ${version}: \`torch.linalg.svd\`, as mergekit-extract-lora
has it. From the matrix in memory to the factors; the error is ‖Δ − BA‖ over the least that is possible at this rank.

| matrix | PortLLM, s | torch, s | torch / PortLLM | error |
| --- | ---: | ---: | ---: | ---: |
${lines.join('\n')}
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
