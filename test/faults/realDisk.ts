/** File systems that are really full or read-only, where mounting is allowed. */
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import type { Progress } from '../../src/base/progress.ts';
import { jobsOf } from './jobs.ts';
import type { Scene } from './scene.ts';
import { Tally, type Row } from './table.ts';
import { endingOf, startWorker, type Ending } from './trial.ts';

/** More than what a port wants to be free, so that it begins. */
const SIZE_MB = 96;

export async function realDiskRows(scene: Scene, { tries }: { tries: number }): Promise<Row[]> {
  const mount = join(scene.folder, 'mounted');
  await mkdir(mount);
  if (!mounted('-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', mount))
    return [new Tally('a real disk that fills up').row('mounting is not allowed here')];
  try {
    return [await fillingUp(scene, mount, tries), await readOnly(scene, mount)];
  } finally {
    mounted('-o', 'remount,rw', mount);
    spawnSync('umount', [mount]);
  }
}

async function fillingUp(scene: Scene, mount: string, tries: number): Promise<Row> {
  const tally = new Tally('a real disk that fills up');
  let failed = 0;
  for (const job of jobsOf(scene).filter(({ name }) => name === 'port to checkpoint' || name === 'extract'))
    for (let i = 0; i < tries; i++) {
      const worker = await startWorker();
      const hog = join(mount, 'hog');
      const onProgress = ({ phase }: Progress): void => {
        if (phase === 'Porting' || phase === 'Comparing') fill(hog);
      };
      const ended = await endingOf(worker, job, join(mount, 'out'), { onProgress });
      await worker.stop();
      if (ended !== 'done') failed++;
      const problems = ended === 'done' ? [] : unlessItSays(ended, /disk is full|Not enough disk space/);
      await rm(hog, { force: true });
      if (ended === 'done') problems.push(...(await job.problems(join(mount, 'out'))));
      else if ((await readdir(mount)).length > 0) problems.push(`left behind: ${(await readdir(mount)).join(', ')}`);
      await rm(join(mount, 'out'), { recursive: true, force: true });
      tally.add(problems, `${job.name}, try ${i}`);
    }
  return tally.row(`tmpfs; ${failed} jobs found it full`);
}

async function readOnly(scene: Scene, mount: string): Promise<Row> {
  const tally = new Tally('a real disk that is read-only');
  if (!mounted('-o', 'remount,ro', mount)) return tally.row('mounting is not allowed here');
  for (const job of jobsOf(scene)) {
    const worker = await startWorker();
    const ended = await endingOf(worker, job, join(mount, 'out'));
    await worker.stop();
    tally.add(unlessItSays(ended, /file system is read-only/), job.name);
  }
  return tally.row('tmpfs');
}

/** To the last byte. */
function fill(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const piece = Buffer.alloc(1 << 20);
  try {
    for (let i = 0; i < SIZE_MB; i++) writeFileSync(path, piece, { flag: 'a' });
  } catch {
    for (let size = piece.length; size >= 1024; size >>= 1)
      try {
        writeFileSync(path, piece.subarray(0, size), { flag: 'a' });
      } catch {
        // Smaller pieces may still fit.
      }
  }
}

function mounted(...args: string[]): boolean {
  return spawnSync('mount', args).status === 0;
}

/** What is wrong with a job that should have failed with these words. */
function unlessItSays(ending: Ending, words: RegExp): string[] {
  if (ending === 'done') return ['it was done'];
  const { error } = ending;
  return error instanceof UserError && words.test(error.message) ? [] : [String(error)];
}
