/**
 * What a port to a checkpoint cannot do without, in seconds of one core: what stops it where the disk does not.
 *
 *     node bench/port/limits.ts [--shape 7B] [--rank 16] [--rounds 7] [--out FILE.md]
 *
 * Rates of one thread on data of a tile's size, which is in the processor's cache, while nothing else runs.
 */
import { createHash } from 'node:crypto';
import { openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineArithmetic } from '../../src/kernels/lanes/module.ts';
import { kernelWorks, WEIGHTS } from '../kernels/works.ts';
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
/** So many calls in a row are one measurement. */
const REPEATS = 200;

const works = kernelWorks(Number(values.rank));
const tileBytes = 2 * WEIGHTS;

/** GB of weights a second. */
function rates(work: () => void): number[] {
  for (let i = 0; i < REPEATS; i++) work();
  return Array.from({ length: Number(values.rounds) }, () => {
    const begin = performance.now();
    for (let i = 0; i < REPEATS; i++) work();
    return (REPEATS * tileBytes) / 1e6 / (performance.now() - begin);
  });
}

/** Reads a file that has just been written into the tile, from one part of it to the next. */
function readingBack(tile: Uint8Array): () => void {
  const name = join(tmpdir(), `portllm-limits-${process.pid}`);
  const file = openSync(name, 'w+');
  rmSync(name);
  for (let i = 0; i < REPEATS; i++) writeSync(file, tile);
  let call = 0;
  return () => void readSync(file, tile, 0, tile.length, (call++ % REPEATS) * tile.length);
}

const hash = createHash('sha256');
const copy = new Uint8Array(tileBytes);
const bytes = new Uint8Array(tileBytes).fill(0x3c);
const all = 2 * parametersOf(shape);
const touched = 2 * linearsOf(shape).reduce((sum, linear) => sum + linear.rows * linear.columns, 0);
const part = (what: string, ofBytes: number, call: () => void): { what: string; bytes: number; rates: number[] } => ({
  what,
  bytes: ofBytes,
  rates: rates(call),
});
const parts = [
  part('product, sum, rounding and figures of what is touched', touched, works['patch BF16']),
  part('SHA-256 of what is written', all, () => void hash.update(bytes)),
  part('XXH64 of the source of what is touched', touched, works.hash),
  part('reading back, from the system’s cache', all, readingBack(copy)),
  part('comparing what was read back', all, works.same),
  part('copying once within the cache', all, () => {
    copy.set(bytes);
  }),
];
const best = parts.map((part) => part.bytes / 1e9 / Math.max(...part.rates));
const lines = parts.map(
  (part, i) =>
    `| ${part.what} | ${(part.bytes / 1e9).toFixed(1)} | ${spread(part.rates, 2)} | ${(best[i] ?? 0).toFixed(1)} |`,
);
const sum = best.reduce((total, seconds) => total + seconds, 0);
const text = `# What a port of ${values.shape} to a checkpoint cannot do without

\`node bench/port/limits.ts\` on ${machine()}; one thread, rank ${values.rank}, ${machineArithmetic()} arithmetic, tiles of ${tileBytes / 1024} KiB that stay in the cache, ${values.rounds}
rounds. Seconds of one core at the best rate.

| work | GB | GB/s | s |
| --- | ---: | ---: | ---: |
${lines.join('\n')}

Together ${sum.toFixed(0)} s of one core, and beside it what the system needs to read and to write, which is the CPU time of \`cp -r\` in port-${values.shape}.md.
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
