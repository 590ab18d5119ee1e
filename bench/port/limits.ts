/**
 * What a port to a checkpoint cannot do without, in seconds of one core: what stops it where the disk does not.
 *
 *     node bench/port/limits.ts [--shape 7B] [--rank 16] [--rounds 7] [--out FILE.md]
 *
 * Rates of one thread on data of a tile's size, which is in the processor's cache, while nothing else runs.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DTYPE_NUMBERS, kernelMemory, loadKernels, machineArithmetic } from '../../src/kernels/lanes/module.ts';
import { parametersOf } from '../support/makeModel.ts';
import { machine, spread } from '../support/measure.ts';
import { linearsOf, shapeNamed } from '../support/shapes.ts';

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: '7B' },
    rank: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const shape = shapeNamed(values.shape);
const [rows, columns, rank] = [64, 4096, Number(values.rank)];
const tileBytes = 2 * rows * columns;
/** So many tiles in a row are one measurement. */
const REPEATS = 200;

const memory = kernelMemory();
memory.grow(256);
const kernels = loadKernels(memory);
const at = kernels.freeFrom() + 4096;
const [source, target, left, right] = [at, at + tileBytes, at + 2 * tileBytes, at + 2 * tileBytes + 4 * rows * rank];
new Uint16Array(memory.buffer, source, rows * columns).forEach((_, i, all) => (all[i] = 0x3c00 + ((i * 7919) % 512)));
new Float32Array(memory.buffer, left, rows * rank).fill(0.01);
new Float32Array(memory.buffer, right, rank * columns).fill(0.02);

/** GB of weights a second. */
function rates(work: () => void): number[] {
  for (let i = 0; i < REPEATS; i++) work();
  return Array.from({ length: Number(values.rounds) }, () => {
    const begin = performance.now();
    for (let i = 0; i < REPEATS; i++) work();
    return (REPEATS * tileBytes) / 1e6 / (performance.now() - begin);
  });
}

const hash = createHash('sha256');
const copy = new Uint8Array(tileBytes);
const bytes = new Uint8Array(memory.buffer, target, tileBytes);
const all = 2 * parametersOf(shape);
const touched = 2 * linearsOf(shape).reduce((sum, linear) => sum + linear.rows * linear.columns, 0);
const parts = [
  {
    what: 'product, sum, rounding and figures of what is touched',
    bytes: touched,
    rates: rates(() => kernels.patchTile(target, source, DTYPE_NUMBERS.BF16, left, right, rows, rank, columns, 2)),
  },
  { what: 'SHA-256 of what is written', bytes: all, rates: rates(() => void hash.update(bytes)) },
  {
    what: 'XXH64 of the source of what is touched',
    bytes: touched,
    rates: rates(() => kernels.updateHash(source, tileBytes)),
  },
  {
    what: 'comparing what was read back',
    bytes: all,
    rates: rates(() => void kernels.same(target, target, tileBytes)),
  },
  { what: 'copying once within the cache', bytes: all, rates: rates(() => copy.set(bytes)) },
];
const best = parts.map((part) => part.bytes / 1e9 / Math.max(...part.rates));
const lines = parts.map(
  (part, i) =>
    `| ${part.what} | ${(part.bytes / 1e9).toFixed(1)} | ${spread(part.rates, 2)} | ${(best[i] ?? 0).toFixed(1)} |`,
);
const sum = best.reduce((total, seconds) => total + seconds, 0);
const text = `# What a port of ${values.shape} to a checkpoint cannot do without

\`node bench/port/limits.ts\` on ${machine()}; one thread, rank ${rank}, ${machineArithmetic()} arithmetic, tiles of ${tileBytes / 1024} KiB that stay in the cache, ${values.rounds}
rounds. Seconds of one core at the best rate.

| work | GB | GB/s | s |
| --- | ---: | ---: | ---: |
${lines.join('\n')}

Together ${sum.toFixed(0)} s of one core, and beside it what the system needs to read and to write, which is the CPU time of \`cp -r\` in port-${values.shape}.md.
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
