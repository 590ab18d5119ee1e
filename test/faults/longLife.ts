/** Hundreds of jobs in one session: memory of host and worker, open files and what is left in folders. */
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledError, UserError } from '../../src/base/errors.ts';
import { WorkerClient } from '../../src/worker/client.ts';
import { ROOT } from '../support/paths.ts';
import { jobsOf } from './jobs.ts';
import type { Scene } from './scene.ts';
import { Tally, type Row } from './table.ts';

/** After the first part memory is taken as it comes: caches fill, code is compiled. */
const WARM_UP = 0.4;
const TOLERATED_MB = 24;
const LONG = 200;

interface Sample {
  readonly hostMb: number;
  readonly workerMb: number;
  readonly workerFiles: number;
}

export interface LongLife {
  readonly rows: Row[];
  /** Jobs done, and what was seen then. */
  readonly samples: ReadonlyMap<number, Sample>;
}

export async function longLife(scene: Scene, { jobs }: { jobs: number }): Promise<LongLife> {
  const client = new WorkerClient({ entry: join(ROOT, 'dist/worker.js'), idleMs: 600_000, log: () => undefined });
  const tally = new Tally('jobs in one session');
  const before = await strays();
  const samples = new Map<number, Sample>();
  const every = Math.max(1, Math.floor(jobs / 20));
  for (let i = 0; i < jobs; i++) {
    tally.add(await oneJob(client, scene, i), `job ${i}`);
    if ((i + 1) % every === 0) samples.set(i + 1, await sample(client));
  }
  tally.add(grown(samples, jobs), 'memory and open files');
  await client.stop();
  tally.add(newStrays(before, await strays()), 'temporary files');
  const warm = [...samples].filter(([done]) => done > jobs * WARM_UP).map(([, one]) => one);
  const range = (of: (one: Sample) => number): string =>
    `${Math.min(...warm.map(of)).toFixed(0)}–${Math.max(...warm.map(of)).toFixed(0)}`;
  const note =
    `after the warm-up: host ${range((one) => one.hostMb)} MB, worker ${range((one) => one.workerMb)} MB, ` +
    `${range((one) => one.workerFiles)} open files`;
  return { rows: [tally.row(note)], samples };
}

/** Of every kind in turn; every seventh fails, every ninth is cancelled. */
async function oneJob(client: WorkerClient, scene: Scene, i: number): Promise<string[]> {
  const all = jobsOf(scene);
  const job = all[i % all.length];
  if (job === undefined) return [];
  const out = join(scene.outputs, `life-${i}`);
  const fails = i % 7 === 3;
  const controller = new AbortController();
  if (i % 9 === 5) setTimeout(() => controller.abort(), 1 + (i % 60));
  try {
    const parameters = job.parameters(fails ? join(scene.source('new'), 'config.json', 'out') : out);
    await client.call(job.method, parameters, { signal: controller.signal });
    if (job.method === 'port') await client.call('verify', { folder: out, device: 'cpu' });
    await client.call('inspect', { path: scene.source('patch') });
    return fails ? ['it should have failed'] : [];
  } catch (error) {
    if (error instanceof CancelledError && controller.signal.aborted) return [];
    return fails && error instanceof UserError ? [] : [String(error)];
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function sample(client: WorkerClient): Promise<Sample> {
  globalThis.gc?.();
  const pid = (await client.pid()) ?? 0;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const paths = await Promise.all(files.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return {
    hostMb: process.memoryUsage.rss() / 1e6,
    workerMb: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1000,
    workerFiles: paths.filter((path) => path.startsWith('/') && !path.startsWith('/dev/')).length,
  };
}

/** The second half of what comes after the warm-up against its first half. */
function grown(samples: ReadonlyMap<number, Sample>, jobs: number): string[] {
  const warm = [...samples].filter(([done]) => done > jobs * WARM_UP).map(([, one]) => one);
  const half = Math.floor(warm.length / 2);
  const [first, second] = [warm.slice(0, half), warm.slice(half)];
  // A short session is all warm-up.
  if (half === 0 || jobs < LONG) return [];
  const problems: string[] = [];
  for (const [name, of] of [
    ['the host', (one: Sample) => one.hostMb],
    ['the worker', (one: Sample) => one.workerMb],
  ] as const) {
    const more = mean(second.map(of)) - mean(first.map(of));
    if (more > TOLERATED_MB) problems.push(`${name} grew by ${more.toFixed(0)} MB`);
  }
  const files = Math.max(...second.map((one) => one.workerFiles)) - Math.max(...first.map((one) => one.workerFiles));
  return files > 0 ? [...problems, `${files} more files are open`] : problems;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function strays(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => /portllm|onnx/i.test(name));
}

function newStrays(before: readonly string[], after: readonly string[]): string[] {
  const more = after.filter((name) => !before.includes(name) && !/^portllm (test|faults)/.test(name));
  return more.length === 0 ? [] : [`left in the temporary folder: ${more.join(', ')}`];
}
