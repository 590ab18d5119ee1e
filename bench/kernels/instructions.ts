/**
 * What each kernel costs in instructions of the processor, which repeat better than time does.
 *
 *     node bench/kernels/instructions.ts [--rank 16] [--rounds 2] [--out FILE.md]
 *
 * Needs Valgrind (`apt-get install valgrind`), and some minutes. It counts what a whole process does, with calls and without;
 * the difference is the calls'. Its processor is one with AVX2 and FMA. Time is this machine's own, in the same run, without
 * Valgrind.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { machineArithmetic } from '../../src/kernels/lanes/module.ts';
import { machine, spread } from '../support/measure.ts';
import { COLUMNS, kernelWorks, ROWS, WEIGHTS } from './works.ts';

const { values } = parseArgs({
  options: {
    rank: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '2' },
    out: { type: 'string' },
  },
});
const rounds = Array.from({ length: Number(values.rounds) });
/** So many in a row are one measurement. */
const CALLS = 100;

const VALGRIND = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', '--smc-check=all-non-file'];
// One thread and one compiler, so that nothing depends on when something was compiled.
const NODE = ['--single-threaded', '--no-liftoff'];

const folder = mkdtempSync(join(tmpdir(), 'portllm-instructions-'));
const program = join(folder, 'call.cjs');
process.on('exit', () => rmSync(folder, { recursive: true }));
buildSync({
  entryPoints: [join(import.meta.dirname, 'call.ts')],
  ...{ outfile: program, bundle: true, platform: 'node', format: 'cjs', logLevel: 'warning' },
});

/** @throws if Valgrind is not there, or its program fails */
function instructions(kernel: string, calls: number): number {
  const command = [...VALGRIND, process.execPath, ...NODE, program, kernel, String(calls), values.rank];
  const { status, stderr, error } = spawnSync('valgrind', command, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  const counted = /I\s+refs:\s+([\d,]+)/.exec(stderr)?.[1];
  if (status !== 0 || counted === undefined) throw new Error(stderr);
  return Number(counted.replaceAll(',', ''));
}

/** Nanoseconds for each weight, on this machine. */
function nanoseconds(call: () => void): number[] {
  const timed = (): number => {
    const begin = performance.now();
    for (let i = 0; i < CALLS; i++) call();
    return ((performance.now() - begin) * 1e6) / (CALLS * WEIGHTS);
  };
  timed();
  return rounds.map(timed);
}

const works = kernelWorks(Number(values.rank));
// All that a process does but for the calls.
const without = rounds.map(() => instructions('hash', 0));
const lines = Object.entries(works).map(([name, call]) => {
  const times = nanoseconds(call);
  const counts = without.map((others) => (instructions(name, CALLS) - others) / (CALLS * WEIGHTS));
  console.error(name, spread(counts, 3), spread(times, 2));
  return `| ${name} | ${spread(counts, 2)} | ${spread(times, 2)} |`;
});
const valgrind = spawnSync('valgrind', ['--version'], { encoding: 'utf8' }).stdout.trim();
const text = `# What a kernel does for each weight

\`node bench/kernels/instructions.ts\` on ${machine()}, ${valgrind}; one thread, tiles of ${ROWS} × ${COLUMNS}, ${values.rounds} rounds. \`patch\` and \`figures\` make Δ of
rank ${values.rank} as well (${machineArithmetic()} arithmetic), \`hash\` and \`same\` are of two bytes for each weight.

| kernel | instructions | ns |
| --- | ---: | ---: |
${lines.join('\n')}
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
