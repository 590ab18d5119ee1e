/** `npm run test:faults`: everything that SECURITY.md promises, tried often; the table goes to bench/results/faults.md. */
import { mkdir, writeFile } from 'node:fs/promises';
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
  },
});
const seed = Number(options.seed);
const share = options.short ? 0.01 : 1;
const times = (count: number): number => Math.max(1, Math.round(count * share));

let life: LongLife | undefined;
const SECTIONS: Readonly<Record<string, (scene: Scene) => Promise<Row[]>>> = {
  kill: (scene) => killRows(scene, { instants: times(300), operations: times(1000), seed }),
  disk: (scene) => diskRows(scene, { tries: times(25), seed }),
  sources: (scene) => sourceRows(scene, { tries: times(20), seed }),
  rivals: (scene) => rivalRows(scene, { tries: times(25), seed }),
  appearing: (scene) => appearingRows(scene, { tries: times(10), seed }),
  'real disk': (scene) => realDiskRows(scene, { tries: times(10) }),
  worker: () => workerRows({ tries: times(10) }),
  bits: (scene) => bitRows(scene, { flips: times(200), seed }),
  network: (scene) => networkRows(scene),
  life: async (scene) => (life = await longLife(scene, { jobs: times(500) })).rows,
  files: () => fuzzRows({ inputs: times(1_000_000), seed }),
};

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (!name.includes(options.only)) continue;
    const begin = performance.now();
    await using scene = await Scene.create();
    rows.push(...(await section(scene)));
    console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  }
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  const text = [...tableOf(rows), '', `${rows.reduce((sum, row) => sum + row.tries, 0)} tries, ${lost} lost.`];
  console.log(text.join('\n'));
  if (options.only === '' && !options.short) await writeReport(text);
  process.exitCode = lost === 0 ? 0 : 1;
}

async function writeReport(table: readonly string[]): Promise<void> {
  const folder = join(ROOT, 'bench/results');
  await mkdir(folder, { recursive: true });
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? ''}, ${(totalmem() / 1e9).toFixed(0)} GB, ${system()}, Node ${process.version}`;
  const samples = [...(life?.samples ?? [])].map(
    ([jobs, one]) => `| ${jobs} | ${one.hostMb.toFixed(0)} | ${one.workerMb.toFixed(0)} | ${one.workerFiles} |`,
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
    ...samples,
    '',
  ];
  await writeFile(join(folder, 'faults.md'), lines.join('\n'));
}

await main();
