import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../../src/cluster/job.ts';
import type { PartState } from '../../src/cluster/look.ts';
import { ROOT } from './paths.ts';
import type { SlurmCluster } from './slurmCluster.ts';

export const CLI = join(ROOT, 'dist/cli.js');
const WAIT_MS = 60_000;

export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line on a machine of a cluster. */
export class SlurmCli {
  private readonly cluster: SlurmCluster;

  constructor(cluster: SlurmCluster) {
    this.cluster = cluster;
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv = this.cluster.env): Promise<Ended> {
    const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, out, err };
  }

  /** The options that name a profile of this text. */
  async profile(text: string): Promise<string[]> {
    const path = join(this.cluster.folder, 'profile.yaml');
    await writeFile(path, text);
    return ['--profile', path];
  }

  /** Fails unless Slurm takes it. */
  async submit(args: readonly string[]): Promise<Job> {
    const { status, out, err } = await this.run([...args, '--runner', 'slurm', '--no-wait', '--json']);
    if (status !== 0) throw new Error(err);
    return JSON.parse(out) as Job;
  }

  async statesOf(out: string): Promise<PartState[]> {
    return JSON.parse((await this.run(['jobs', out, '--json'])).out) as PartState[];
  }

  async until(out: string, isReached: (states: PartState[]) => boolean): Promise<PartState[]> {
    for (const deadline = Date.now() + WAIT_MS; ;) {
      const states = await this.statesOf(out);
      if (isReached(states)) return states;
      if (Date.now() > deadline) throw new Error(`stands still: ${JSON.stringify(states)}`);
      await sleep(300);
    }
  }
}

export function allDone(states: readonly PartState[]): boolean {
  return states.every(({ state }) => state === 'done');
}

export function allOver(states: readonly PartState[]): boolean {
  return states.every(({ state }) => state === 'done' || state === 'failed');
}
