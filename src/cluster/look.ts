import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../base/printable.ts';
import { isThere } from '../base/there.ts';
import { idsOf, isMade, slurmFolder, type Job } from './job.ts';
import { ASSEMBLE_LOG, PART_LOG, PROBE_LOG, PROBE_MARK } from './script.ts';
import { isRunning, isToCome, isWaiting, sacct, squeue, type SlurmTask } from './slurm.ts';

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
/** The command line's bar, which tells nothing of an end. */
const PROGRESS = /^\s*\[[█░]+\] /;
export const MADE: readonly PartState[] = [{ what: 'all', state: 'done', reason: '', log: [], logFile: '' }];

/** A network file system may show what a node has written only a minute later. */
const SHOWN_WITHIN_MS = 90_000;
const COMPLETED = 'COMPLETED';
/** When a step was first seen to have ended well without what it makes, by its log. */
const endedAt = new Map<string, number>();

/** Where every step stands. */
export async function lookAt(out: string, job: Job): Promise<readonly PartState[]> {
  if (await isMade(out)) return MADE;
  const ids = idsOf(job);
  const tasks = await squeue(ids);
  // Accounts are asked only for what the queue cannot tell, and once: their database serves the whole cluster.
  let asking: Promise<readonly SlurmTask[]> | undefined;
  const known: Known = { tasks, ended: () => (asking ??= sacct(ids)) };
  const folder = slurmFolder(out);
  const step = (what: string, id: string, log: string, isDone: () => Promise<boolean>): Promise<PartState> =>
    stateOf({ what, id, logFile: join(folder, log), isDone }, known);
  const states = [await step('look at a node', job.probe, PROBE_LOG, () => isThere(join(folder, PROBE_MARK)))];
  for (const part of job.parts) {
    const log = PART_LOG.replace('%a', String(part));
    states.push(await step(`part ${part}`, `${job.array}_${part}`, log, () => areThere(job.evidence[part - 1] ?? [])));
  }
  states.push(await step('putting together', job.assemble, ASSEMBLE_LOG, () => isMade(out)));
  // It may have ended since the first look: what the parts have left is gone then.
  return (await isMade(out)) ? MADE : states;
}

interface Step {
  readonly what: string;
  readonly id: string;
  readonly logFile: string;
  readonly isDone: () => Promise<boolean>;
}

interface Known {
  readonly tasks: readonly SlurmTask[];
  readonly ended: () => Promise<readonly SlurmTask[]>;
}

async function stateOf({ what, id, logFile, isDone }: Step, { tasks, ended }: Known): Promise<PartState> {
  if (await isDone()) {
    endedAt.delete(logFile);
    return { what, state: 'done', reason: '', log: [], logFile };
  }
  const task = tasks.find((one) => one.id === id);
  if (task !== undefined && isWaiting(task.state) && isToCome(task))
    return { what, state: 'queued', reason: task.reason, log: [], logFile };
  if (task !== undefined && isRunning(task.state)) return { what, state: 'running', reason: '', log: [], logFile };
  if (task?.state === COMPLETED && isStillExpected(logFile))
    return { what, state: 'running', reason: '', log: [], logFile };
  // Accounts know longer than the queue does how something ended.
  const end = (await ended()).find((one) => one.id === id) ?? task;
  const reason = end === undefined || isWaiting(end.state) ? '' : end.state;
  return { what, state: 'failed', reason, log: await endOf(logFile), logFile };
}

function isStillExpected(logFile: string): boolean {
  const now = Date.now();
  const first = endedAt.get(logFile) ?? now;
  endedAt.set(logFile, first);
  return now - first < SHOWN_WITHIN_MS;
}

async function areThere(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (!(await isThere(path))) return false;
  return true;
}

async function endOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '' && !PROGRESS.test(line))
    .slice(-LOG_LINES)
    .map(printable);
}
