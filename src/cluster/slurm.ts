import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InputError, UserError } from '../base/errors.ts';

const run = promisify(execFile);
/** A controller that is down lets commands wait for minutes. */
const ANSWER_MS = 120_000;

/** A job, or a task of an array, that Slurm still knows. */
export interface SlurmTask {
  /** `123` or `123_4`. */
  readonly id: string;
  /** PENDING, RUNNING, COMPLETED, FAILED, TIMEOUT, OUT_OF_MEMORY, CANCELLED … */
  readonly state: string;
  /** Why it waits: Resources, Priority, Dependency … */
  readonly reason: string;
}

/** @returns the job's number. @throws UserError with sbatch's own words */
export async function sbatch(script: string, options: readonly string[]): Promise<string> {
  const text = await slurm('sbatch', ['--parsable', ...options, script]);
  // On a federation the cluster's name follows.
  const id = /^\d+/.exec(text.trim())?.[0];
  if (id === undefined) throw new UserError(`sbatch gave no number for the job, but: ${text.trim().slice(0, 200)}`);
  return id;
}

/** Those of the jobs that wait, run, or have just ended. Slurm forgets a job some minutes after its end, which is no error. */
export async function squeue(ids: readonly string[]): Promise<SlurmTask[]> {
  const format = ['--noheader', '--array', '--states=all', '--format=%i|%T|%r', `--jobs=${ids.join(',')}`];
  const text = await slurm('squeue', format).catch((error: unknown) => {
    if (error instanceof UserError && /Invalid job id/i.test(error.message)) return '';
    throw error;
  });
  return tasksOf(text);
}

/** States of jobs that wait or run (squeue's JOB STATE CODES); all others have ended. */
const RUNNING = ['RUNNING', 'COMPLETING', 'CONFIGURING', 'STAGE_OUT', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'RESIZING'];
const WAITING = ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESV_DEL_HOLD', 'SPECIAL_EXIT'];

export function isRunning(state: string): boolean {
  return RUNNING.includes(state);
}

export function isWaiting(state: string): boolean {
  return WAITING.includes(state);
}

/** Whether it will do something yet; one that waits for what has failed never will. */
export function isToCome({ state, reason }: SlurmTask): boolean {
  if (isWaiting(state)) return !reason.includes('NeverSatisfied');
  return isRunning(state) && state !== 'COMPLETING';
}

/** How tasks ended; nothing where the cluster keeps no accounts. */
export async function sacct(ids: readonly string[]): Promise<SlurmTask[]> {
  const format = ['--noheader', '--parsable2', '--allocations', '--format=JobID,State', `--jobs=${ids.join(',')}`];
  return tasksOf(await slurm('sacct', format).catch(() => ''));
}

/**
 * Plain output, and never --json: that of Slurm 22.05 tells of all jobs of the cluster, whatever --jobs says, and of the waiting
 * tasks of an array as one; later ones differ with every version of their data parser.
 */
function tasksOf(text: string): SlurmTask[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split('|'))
    .map(([id = '', state = '', reason = '']) => ({ id, state, reason }));
}

/** Jobs that have ended already are passed over. */
export async function scancel(ids: readonly string[]): Promise<void> {
  await slurm('scancel', ['--quiet', ...ids]).catch(() => undefined);
}

async function slurm(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, args, { timeout: ANSWER_MS })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new InputError(
        `${command} is not here, so this is no machine of a Slurm cluster.`,
        'Log in to one, or leave out --runner slurm.',
      );
    const words = (error as { stderr?: string }).stderr?.trim() ?? '';
    if (/array/i.test(words))
      throw new UserError(
        `${command} refused: ${words.slice(0, 500)}`,
        'Clusters allow arrays of some size only (MaxArraySize, 1001 unless set): ask for fewer parts, or divide the matrix.',
      );
    throw new UserError(`${command} refused: ${words === '' ? String(error) : words.slice(0, 500)}`);
  }
}
