/** One job that something happens to, and what must be true afterwards. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PROTOCOL_VERSION } from '../../src/worker/contract.ts';
import { WorkerProcess, type Listeners } from '../../src/worker/process.ts';
import { ROOT } from '../support/paths.ts';
import { withFault, type Fault } from './fault.ts';
import type { FaultJob } from './jobs.ts';
import type { Scene } from './scene.ts';

const ENTRY = join(ROOT, 'dist/worker.js');
const PARTIAL = '.out.portllm-partial';

/** How a job ended: with what it threw, or without. */
export type Ending = { readonly error: unknown } | 'done';

export interface Strike {
  readonly fault?: Omit<Fault, 'within'> | undefined;
  /** What is done to the process, or beside it, while the job runs. */
  readonly meanwhile?: (victim: WorkerProcess, out: string) => Promise<void>;
  readonly listeners?: Listeners;
  /** Before the job is run again. */
  readonly afterwards?: () => Promise<void>;
  /** What is wrong with how it ended. */
  readonly judge?: (ending: Ending) => string[];
}

/** A job, its result when nothing happens, and the worker that goes on after a fault. */
export class Trial {
  readonly job: FaultJob;
  /** Of a run in a fresh process. */
  readonly milliseconds: number;
  private readonly scene: Scene;
  private readonly expected: string;
  /** Answers in the journals of an undisturbed evaluation. */
  private readonly items: number;
  private readonly successor: WorkerProcess;
  private interrupted = 0;
  private resumed = 0;

  private constructor(
    scene: Scene,
    job: FaultJob,
    run: { expected: string; items: number; worker: WorkerProcess; milliseconds: number },
  ) {
    this.scene = scene;
    this.job = job;
    this.expected = run.expected;
    this.items = run.items;
    this.successor = run.worker;
    this.milliseconds = run.milliseconds;
  }

  static async prepare(scene: Scene, job: FaultJob): Promise<Trial> {
    const folder = await mkdtemp(join(scene.outputs, 'reference-'));
    const out = join(folder, 'out');
    const worker = await startWorker();
    const begin = performance.now();
    await worker.request(job.method, job.parameters(out), {}, undefined);
    const milliseconds = performance.now() - begin;
    const [expected, items] = [await job.content(out), await answeredItems(out)];
    await rm(folder, { recursive: true });
    return new Trial(scene, job, { expected, items, worker, milliseconds });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.successor.stop();
  }

  /** Since the last time. */
  note(): string {
    const text = `${this.interrupted} ended in the middle, ${this.resumed} of them gone on with`;
    [this.interrupted, this.resumed] = [0, 0];
    return text;
  }

  /** The names of the file operations of a run on its output (mutating) or on its sources (reading), in order. */
  async operations(operations: 'mutating' | 'reading'): Promise<string[]> {
    const folder = await mkdtemp(join(this.scene.outputs, 'counted-'));
    const record = join(folder, 'record.json');
    const within = operations === 'mutating' ? join(folder, 'jobs') : this.scene.sources;
    const worker = await startWorker({ within, operations, record });
    await worker.request(this.job.method, this.job.parameters(join(folder, 'jobs', 'out')), {}, undefined);
    await worker.stop();
    const names = JSON.parse(await readFile(record, 'utf8')) as string[];
    await rm(folder, { recursive: true });
    return names;
  }

  /** @returns what was lost */
  async run({ fault, meanwhile, listeners = {}, afterwards, judge = () => [] }: Strike): Promise<string[]> {
    const folder = await mkdtemp(join(this.scene.outputs, 'try-'));
    try {
      const out = join(folder, 'jobs', 'out');
      const within = fault?.operations === 'reading' ? this.scene.sources : folder;
      const victim = await startWorker(fault && { ...fault, within });
      const ending = endingOf(victim, this.job, out, listeners);
      await meanwhile?.(victim, out);
      const ended = await ending;
      await victim.kill();
      const restored = afterwards === undefined ? [] : await this.restore(out, ended, afterwards);
      const problems = [...judge(ended), ...restored, ...(await this.scene.sourceProblems())];
      return [
        ...problems,
        ...(await this.goOn(join(folder, 'jobs'), out, ended === 'done' && afterwards === undefined)),
      ];
    } catch (error) {
      return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** A job that is done had read its source before it changed, or as it is now: its output is whole for one of the two. */
  private async restore(out: string, ended: Ending, afterwards: () => Promise<void>): Promise<string[]> {
    const isAsBefore = ended === 'done' && (await this.job.content(out)) === this.expected;
    const problems = ended === 'done' && !isAsBefore ? await this.job.problems(out) : [];
    if (ended !== 'done' && (await this.job.isThere(out)) && this.job.method !== 'evaluate')
      problems.push('it failed, and an output is there');
    await rm(out, { recursive: true, force: true });
    await afterwards();
    return problems;
  }

  /** Looks at what is there, runs the job again, and compares with an undisturbed run. */
  private async goOn(folder: string, out: string, wasDone: boolean): Promise<string[]> {
    const { job } = this;
    const isThere = await job.isThere(out);
    const problems = isThere ? await job.problems(out) : [];
    if (wasDone && !isThere) problems.push('done, and nothing is there');
    const finished = await finishedShards(join(folder, PARTIAL));
    const answered = await answeredItems(out);
    const isFolder = job.method !== 'evaluate';
    // A folder that is there is not written again; the next job beside it still clears away what was left.
    const again = isThere && isFolder ? join(folder, 'other') : out;
    await this.successor.request(job.method, job.parameters(again), {}, undefined);
    problems.push(...(await job.problems(again)));
    if ((await job.content(again)) !== this.expected) problems.push('the bytes are not those of an undisturbed run');
    if (!isThere) {
      problems.push(...(await rewritten(again, finished)));
      this.interrupted++;
      if (finished.size > 0 || answered > 0) this.resumed++;
    }
    const asked = (await answeredItems(again)) - this.items;
    if (asked !== 0) problems.push(`${asked} items more than needed were answered`);
    return [...problems, ...(await leftovers(folder))];
  }
}

/** Runs a job to its end, whatever that is. */
export function endingOf(
  worker: WorkerProcess,
  { method, parameters }: FaultJob,
  out: string,
  listeners: Listeners = {},
): Promise<Ending> {
  return worker.request(method, parameters(out), listeners, undefined).then(
    (): Ending => 'done',
    (error: unknown): Ending => ({ error }),
  );
}

export async function startWorker(fault?: Fault): Promise<WorkerProcess> {
  const worker = withFault(fault, () => new WorkerProcess(ENTRY, () => undefined));
  await worker.request('hello', { protocolVersion: PROTOCOL_VERSION }, {}, undefined);
  return worker;
}

/** The shards that a killed port says are finished, with their inodes. */
async function finishedShards(partial: string): Promise<Map<string, number>> {
  const text = await readFile(join(partial, 'portllm-finished.jsonl'), 'utf8').catch(() => '');
  const names = text
    .split('\n')
    .slice(1, -1)
    .map((line) => (JSON.parse(line) as { name: string }).name);
  return new Map(await Promise.all(names.map(async (name) => [name, (await stat(join(partial, name))).ino] as const)));
}

async function rewritten(out: string, finished: ReadonlyMap<string, number>): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, ino] of finished)
    if ((await stat(join(out, name))).ino !== ino) problems.push(`${name} was finished, and is written again`);
  return problems;
}

/** Whole lines of the journals of a killed evaluation. */
async function answeredItems(out: string): Promise<number> {
  const folder = join(out, '.portllm-journal');
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0);
}

/** Hidden names that are still there after the next job. */
async function leftovers(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const hidden = names.filter((name) => /(^|\/)\./.test(name) && !/\.portllm-journal(\/\w+\.jsonl)?$/.test(name));
  return hidden.length === 0 ? [] : [`left behind: ${hidden.join(', ')}`];
}
