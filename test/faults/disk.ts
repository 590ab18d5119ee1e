/** Disks that say no, sources that change, and outputs that somebody else wants too. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/base/errors.ts';
import { CHANGES, type Fault } from './fault.ts';
import { jobsOf, type JobMethod } from './jobs.ts';
import { below, seeded } from '../support/random.ts';
import type { Scene } from './scene.ts';
import { Tally, type Row } from './table.ts';
import { endingOf, startWorker, Trial, type Ending } from './trial.ts';

export interface DiskOptions {
  /** Of each error, for each job. */
  readonly tries: number;
  readonly seed: number;
  /** The system's name of one error, to try no other. */
  readonly only?: string;
}

interface DiskFault {
  readonly name: string;
  readonly code: string;
  readonly sticky: boolean;
  readonly operations: 'mutating' | 'reading';
  readonly words: RegExp;
}

const FAULTS: readonly DiskFault[] = [
  { name: 'disk full', code: 'ENOSPC', sticky: true, operations: 'mutating', words: /the disk is full/ },
  { name: 'quota', code: 'EDQUOT', sticky: true, operations: 'mutating', words: /quota is used up/ },
  { name: 'read-only', code: 'EROFS', sticky: true, operations: 'mutating', words: /file system is read-only/ },
  { name: 'no permission', code: 'EACCES', sticky: false, operations: 'mutating', words: /permission denied/ },
  { name: 'error in writing', code: 'EIO', sticky: false, operations: 'mutating', words: /input\/output error/ },
  // What a file system says that takes two names for one.
  { name: 'name taken', code: 'EEXIST', sticky: false, operations: 'mutating', words: /exists already/ },
  { name: 'error in reading', code: 'EIO', sticky: false, operations: 'reading', words: /input\/output error/ },
  {
    name: 'source gone',
    code: 'ENOENT',
    sticky: false,
    operations: 'reading',
    words: /does not exist|missing|has no|is no model/,
  },
];

export async function diskRows(scene: Scene, { tries, seed, only }: DiskOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const faults = FAULTS.filter(({ code }) => only === undefined || code === only);
  const tallies = new Map(faults.map((fault) => [fault, new Tally(`${fault.name} (${fault.code}, injected)`)]));
  const fails = new Map(faults.map((fault) => [fault, 0]));
  const random = seeded(seed);
  for (const job of jobsOf(scene)) {
    await using trial = await Trial.prepare(scene, job);
    const names = { mutating: await trial.operations('mutating'), reading: await trial.operations('reading') };
    for (const fault of faults)
      for (let i = 0; i < tries; i++) {
        const at = 1 + below(random, names[fault.operations].length);
        const judge = (ending: Ending): string[] => {
          if (ending !== 'done') fails.set(fault, (fails.get(fault) ?? 0) + 1);
          return wordsOf(ending, fault);
        };
        const which = `${job.name}, operation ${at} (${names[fault.operations][at - 1] ?? ''})`;
        tallies.get(fault)?.add(await trial.run({ fault: injected(fault, at), judge }), which);
      }
  }
  for (const [fault, tally] of tallies)
    rows.push(tally.row(`${fails.get(fault) ?? 0} jobs failed in words, the others could do without`));
  return rows;
}

function injected({ code, sticky, operations }: DiskFault, at: number): Omit<Fault, 'within'> {
  return { code, sticky, operations, at };
}

/** A job that fails says why, in words that are not the system's. */
function wordsOf(ending: Ending, { words }: DiskFault): string[] {
  if (ending === 'done') return [];
  const { error } = ending;
  if (!(error instanceof UserError)) return [`not an error for people: ${String(error)}`];
  const said = `${error.message} ${error.hint ?? ''}`;
  if (/injected|errno|at Object|undefined/.test(said)) return [`raw words: ${said}`];
  return words.test(said) ? [] : [`it does not say why: ${said}`];
}

/** Just before a read, in the process itself; afterwards the source is as it was. */
export async function sourceRows(scene: Scene, { tries, seed }: DiskOptions): Promise<Row[]> {
  const random = seeded(seed);
  const rows: Row[] = [];
  for (const job of jobsOf(scene)) {
    const tally = new Tally(`a source that changes or vanishes: ${job.name}`);
    await using trial = await Trial.prepare(scene, job);
    const reads = await trial.operations('reading');
    let failed = 0;
    for (let i = 0; i < tries; i++)
      for (const kind of CHANGES) {
        const name = SOURCES[job.method][below(random, SOURCES[job.method].length)] ?? '';
        const path = scene.source(name);
        const before = await readFile(path);
        const at = 1 + below(random, reads.length);
        const judge = (ending: Ending): string[] => {
          if (ending !== 'done') failed++;
          return changeWords(ending);
        };
        const problems = await trial.run({
          fault: { operations: 'reading', at, change: { kind, path } },
          judge,
          afterwards: () => writeFile(path, before),
        });
        tally.add(problems, `${name} ${kind} at ${at}`);
      }
    rows.push(tally.row(`${failed} jobs failed, the others had read it`));
  }
  return rows;
}

const SHARDS = ['new/model-00001-of-00003.safetensors', 'new/model-00002-of-00003.safetensors'];
const SOURCES: Readonly<Record<JobMethod, readonly string[]>> = {
  port: [...SHARDS, 'patch/adapter_model.safetensors'],
  extract: ['tuned/model.safetensors', 'old/model.safetensors'],
  evaluate: [...SHARDS, 'patch/adapter_model.safetensors'],
};

function changeWords(ending: Ending): string[] {
  if (ending === 'done') return [];
  const { error } = ending;
  const says =
    /changed (while|since)|cut off|does not exist|missing|has no|holds (NaN|no )|not a (valid )?safetensors|crashed in native code|(became shorter|ended) while|bytes follow|no tensor|overflow/;
  return error instanceof UserError && says.test(error.message)
    ? []
    : [`it does not say what is wrong: ${String(error)}`];
}

/** Two workers want one output at once. */
export async function rivalRows(scene: Scene, { tries, seed }: DiskOptions): Promise<Row[]> {
  const random = seeded(seed);
  const rows: Row[] = [];
  for (const job of jobsOf(scene)) {
    const tally = new Tally(`two at once for one output: ${job.name}`);
    const rivals = [await startWorker(), await startWorker()];
    for (let i = 0; i < tries; i++) {
      const out = join(scene.outputs, `rivals-${job.method}-${job.name.length}-${i}`, 'out');
      const ended = await Promise.all(
        rivals.map(async (rival, which): Promise<Ending> => {
          await sleep(which * random() * 20);
          return endingOf(rival, job, out);
        }),
      );
      tally.add([...judgeRivals(ended), ...(await job.problems(out)), ...(await scene.sourceProblems())], `try ${i}`);
    }
    await Promise.all(rivals.map((rival) => rival.stop()));
    rows.push(tally.row());
  }
  return rows;
}

function judgeRivals(ended: readonly Ending[]): string[] {
  const failed = ended.flatMap((ending) => (ending === 'done' ? [] : [ending.error]));
  if (failed.length === ended.length) return [`both failed: ${failed.map(String).join(' / ')}`];
  // Of two evaluations the second may find all answered by the first.
  return failed
    .map((error) => (error instanceof UserError ? error.message : `no error for people: ${String(error)}`))
    .filter(
      (text) =>
        !/is being (written|computed into this folder)? ?by process \d+ on|by process \d+ on .*, since|exists already/.test(
          text,
        ),
    )
    .map((text) => `the second does not say who holds it: ${text}`);
}

/** A folder or file appears under the output's name while it is made. */
export async function appearingRows(scene: Scene, { tries }: DiskOptions): Promise<Row[]> {
  const tally = new Tally('a target that appears in the middle');
  for (const job of jobsOf(scene).filter(({ method }) => method !== 'evaluate'))
    for (let i = 0; i < tries; i++) {
      const out = join(scene.outputs, `appears-${job.name}-${i}`, 'out');
      const worker = await startWorker();
      let appearing: Promise<unknown> | undefined;
      const appear = async (): Promise<void> => {
        await mkdir(dirname(out), { recursive: true });
        if (i % 2 === 0) await writeFile(out, 'mine');
        else await writeFile(join(await mkdir(out, { recursive: true }).then(() => out), 'mine'), 'mine');
      };
      const ending = await endingOf(worker, job, out, { onProgress: () => void (appearing ??= appear()) });
      await appearing;
      await worker.stop();
      const refused =
        ending !== 'done' && ending.error instanceof UserError && ending.error.message.includes('exists already');
      tally.add(refused ? [] : [`it ended with ${ending === 'done' ? 'done' : String(ending.error)}`], job.name);
    }
  return [tally.row()];
}
