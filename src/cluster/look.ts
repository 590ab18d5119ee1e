import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../base/printable.ts';
import { isThere } from '../base/there.ts';
import { isMade, slurmFolder, type Job } from './job.ts';
import { ASSEMBLE_LOG, PART_LOG, PROBE_LOG, PROBE_MARK } from './script.ts';
import { sacct, squeue, type SlurmTask } from './slurm.ts';

export type State = 'queued' | 'running' | 'done' | 'failed';

export interface PartState {
  /** `part 3`, `look at a node`, `putting together`. */
  readonly what: string;
  readonly state: State;
  /** Why it waits, or how it ended. */
  readonly reason: string;
  /** The end of its log, where it failed. */
  readonly log: readonly string[];
  /** Its log, where it has one. */
  readonly logFile: string;
}

const LOG_LINES = 8;
export const MADE: readonly PartState[] = [{ what: 'all', state: 'done', reason: '', log: [], logFile: '' }];

/** States of jobs that wait or run (squeue's JOB STATE CODES); all others have ended. */
const RUNNING = ['RUNNING', 'COMPLETING', 'CONFIGURING', 'STAGE_OUT', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'RESIZING'];
const WAITING = ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESV_DEL_HOLD', 'SPECIAL_EXIT'];
/** It would wait for ever. */
const NEVER = 'NeverSatisfied';

/** Where every step stands. */
export async function lookAt(out: string, job: Job): Promise<readonly PartState[]> {
  if (await isMade(out)) return MADE;
  const ids = [...new Set([job.probe, job.array, job.assemble])];
  const known = { tasks: await squeue(ids), ended: await sacct(ids) };
  const folder = slurmFolder(out);
  const step = (what: string, id: string, log: string, isDone: () => Promise<boolean>): Promise<PartState> =>
    stateOf({ what, id, logFile: join(folder, log), isDone }, known);
  const states = [await step('look at a node', job.probe, PROBE_LOG, () => isThere(join(folder, PROBE_MARK)))];
  for (const part of job.parts) {
    const log = PART_LOG.replace('%a', String(part));
    states.push(await step(`part ${part}`, `${job.array}_${part}`, log, () => areThere(job.evidence[part - 1] ?? [])));
  }
  states.push(await step('putting together', job.assemble, ASSEMBLE_LOG, () => isMade(out)));
  return states;
}

interface Step {
  readonly what: string;
  readonly id: string;
  readonly logFile: string;
  readonly isDone: () => Promise<boolean>;
}

interface Known {
  readonly tasks: readonly SlurmTask[];
  readonly ended: readonly SlurmTask[];
}

async function stateOf({ what, id, logFile, isDone }: Step, { tasks, ended }: Known): Promise<PartState> {
  if (await isDone()) return { what, state: 'done', reason: '', log: [], logFile };
  const task = tasks.find((one) => one.id === id);
  if (task !== undefined && WAITING.includes(task.state) && !task.reason.includes(NEVER))
    return { what, state: 'queued', reason: task.reason, log: [], logFile };
  if (task !== undefined && RUNNING.includes(task.state))
    return { what, state: 'running', reason: '', log: [], logFile };
  // Accounts know longer than the queue does how something ended.
  const end = ended.find((one) => one.id === id) ?? task;
  const reason = end === undefined || WAITING.includes(end.state) ? '' : end.state;
  return { what, state: 'failed', reason, log: await endOf(logFile), logFile };
}

async function areThere(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (!(await isThere(path))) return false;
  return true;
}

async function endOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-LOG_LINES)
    .map(printable);
}
