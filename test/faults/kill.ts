/** Jobs that are killed: at random instants, and at each of their file operations. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { jobsOf } from './jobs.ts';
import { below, seeded } from '../support/random.ts';
import type { Scene } from './scene.ts';
import { Tally, type Row } from './table.ts';
import { Trial } from './trial.ts';

/** Jobs that are tried at once. */
const PROCESSES = 2;

export interface KillOptions {
  /** Random instants for each job. */
  readonly instants: number;
  /** Operations for each job; all of them where there are fewer. */
  readonly operations: number;
  readonly seed: number;
}

export async function killRows(scene: Scene, { instants, operations, seed }: KillOptions): Promise<Row[]> {
  const limit = pLimit(PROCESSES);
  const rows = jobsOf(scene).map((job) =>
    limit(async () => {
      await using trial = await Trial.prepare(scene, job);
      return [
        await atRandomInstants(trial, instants, seeded(seed)),
        await atOperations(trial, operations, seeded(seed + 1)),
      ];
    }),
  );
  return (await Promise.all(rows)).flat();
}

async function atRandomInstants(trial: Trial, tries: number, random: () => number): Promise<Row> {
  const tally = new Tally(`SIGKILL at a random instant: ${trial.job.name}`);
  for (let i = 0; i < tries; i++) {
    const instant = random() * trial.milliseconds * 1.1;
    const problems = await trial.run({ meanwhile: (victim) => sleep(instant).then(() => victim.kill()) });
    tally.add(problems, `at ${instant.toFixed(1)} ms`);
  }
  return tally.row(trial.note());
}

/** Before and after an operation that writes. */
async function atOperations(trial: Trial, tries: number, random: () => number): Promise<Row> {
  const names = await trial.operations('mutating');
  const tally = new Tally(`SIGKILL at a file operation: ${trial.job.name}`);
  const places = 2 * names.length;
  for (let i = 0; i < Math.min(tries, places); i++) {
    const place = tries >= places ? i : below(random, places);
    const at = 1 + (place >> 1);
    const action = place % 2 === 0 ? 'kill before' : 'kill after';
    tally.add(
      await trial.run({ fault: { at, action, operations: 'mutating' } }),
      `${action} ${at} (${names[at - 1] ?? ''})`,
    );
  }
  return tally.row(`${names.length} operations; ${trial.note()}`);
}
