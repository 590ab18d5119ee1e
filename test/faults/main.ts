/** `npm run test:faults`: everything that SECURITY.md promises, tried often; the table goes to bench/results/faults.md. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem, type as system } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/paths.ts';
import { bitRows } from './bits.ts';
import { appearingRows, diskRows, rivalRows, sourceRows } from './disk.ts';
import { fuzzRows } from './fuzz/fuzz.ts';
import { killRows } from './kill.ts';
import { longLife, type LongLife } from './longLife.ts';
import { networkRows } from './network.ts';
import { realDiskRows } from './realDisk.ts';
import { Scene } from './scene.ts';
import { tableOf, type Row } from './table.ts';
import { workerRows } from './worker.ts';

const { values: options } = parseArgs({
  options: {
    /** A hundredth of everything, to try the harness itself. */
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: '20261126' },
    /** Only the sections whose names hold this. */
    only: { type: 'string', default: '' },
    /** Takes the sections that an earlier run with the same options has finished as they are. */
    continue: { type: 'boolean', default: false },
    /** Runs nothing: only writes the report of what earlier runs have finished. */
    report: { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const share = options.short ? 0.01 : 1;
const times = (count: number): number => Math.max(1, Math.round(count * share));

const SECTIONS: Readonly<Record<string, (scene: Scene) => Promise<Row[] | LongLife>>> = {
  kill: (scene) => killRows(scene, { instants: times(150), operations: times(200), seed }),
  disk: (scene) => diskRows(scene, { tries: times(6), seed }),
  sources: (scene) => sourceRows(scene, { tries: times(5), seed }),
  rivals: (scene) => rivalRows(scene, { tries: times(10), seed }),
  appearing: (scene) => appearingRows(scene, { tries: times(6), seed }),
  'real disk': (scene) => realDiskRows(scene, { tries: times(5) }),
  worker: () => workerRows({ tries: times(3) }),
  bits: (scene) => bitRows(scene, { flips: times(200), seed }),
  network: (scene) => networkRows(scene),
  life: (scene) => longLife(scene, { jobs: times(500) }),
  files: () => fuzzRows({ inputs: times(1_000_000), seed }),
};

/** Rows, and of the long session what was seen meanwhile: jobs, host, worker, files. */
interface Finished {
  readonly key: string;
  readonly rows: readonly Row[];
  readonly samples: readonly (readonly [jobs: number, hostMb: number, workerMb: number, files: number])[];
}

const NOTHING: Finished = { key: '', rows: [], samples: [] };
const KEPT = join(ROOT, 'out', 'faults');
const key = JSON.stringify([seed, options.short]);

async function main(): Promise<void> {
  const rows: Row[] = [];
  let samples: Finished['samples'] = [];
  for (const name of Object.keys(SECTIONS)) {
    if (!name.includes(options.only)) continue;
    const known = options.continue || options.report ? await recall(name) : undefined;
    if (known === undefined && options.report) console.error(`${name}: not run`);
    const finished = known ?? (options.report ? NOTHING : await runSection(name));
    rows.push(...finished.rows);
    if (finished.samples.length > 0) samples = finished.samples;
  }
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  const text = [...tableOf(rows), '', `${rows.reduce((sum, row) => sum + row.tries, 0)} tries, ${lost} lost.`];
  console.log(text.join('\n'));
  if (options.only === '' && !options.short) await writeReport(text, samples);
  process.exitCode = lost === 0 ? 0 : 1;
}

async function runSection(name: string): Promise<Finished> {
  const begin = performance.now();
  await using scene = await Scene.create();
  const found = (await SECTIONS[name]?.(scene)) ?? [];
  console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  const samples = 'samples' in found ? [...found.samples] : [];
  const finished: Finished = {
    key,
    rows: 'rows' in found ? found.rows : found,
    samples: samples.map(([jobs, one]) => [jobs, one.hostMb, one.workerMb, one.workerFiles]),
  };
  await mkdir(KEPT, { recursive: true });
  await writeFile(pathOf(name), JSON.stringify(finished));
  return finished;
}

async function recall(name: string): Promise<Finished | undefined> {
  const text = await readFile(pathOf(name), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const finished = JSON.parse(text) as Finished;
  return finished.key === key ? finished : undefined;
}

function pathOf(section: string): string {
  return join(KEPT, `section ${section}.json`);
}

async function writeReport(table: readonly string[], samples: Finished['samples']): Promise<void> {
  const folder = join(ROOT, 'bench/results');
  await mkdir(folder, { recursive: true });
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? ''}, ${(totalmem() / 1e9).toFixed(0)} GB, ${system()}, Node ${process.version}`;
  const session = samples.map(
    ([jobs, ...seen]) => `| ${[jobs, ...seen.map((value) => value.toFixed(0))].join(' | ')} |`,
  );
  const lines = [
    '# Faults',
    '',
    `Written by \`npm run test:faults\` (seed ${seed}) on ${machine}. A try is lost where a source has changed, where something`,
    'stands under a final name that is not whole, where a leftover stays after the next job, where a job ends without words that',
    'a person can act on, or where a reader crashes, hangs for a second or takes more than 64 MB over its input.',
    '',
    ...table,
    '',
    '## One long session',
    '',
    'Memory of the process that asks and of the worker, in MB, and files that the worker has open.',
    '',
    '| jobs | host | worker | files |',
    '| ---: | ---: | ---: | ---: |',
    ...session,
    '',
  ];
  await writeFile(join(folder, 'faults.md'), lines.join('\n'));
}

await main();
