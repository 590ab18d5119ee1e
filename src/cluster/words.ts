import { UserError } from '../base/errors.ts';
import type { PartState } from './look.ts';

/** Whether nothing is waited for any more. */
export function isOver(states: readonly PartState[]): boolean {
  return states.every(({ state }) => state === 'done' || state === 'failed');
}

/** `2 of 5 steps done, 1 running, 2 waiting (Resources)`. */
export function summaryOf(states: readonly PartState[]): string {
  const count = (wanted: PartState['state']): number => states.filter(({ state }) => state === wanted).length;
  const reasons = new Set(states.flatMap(({ state, reason }) => (state === 'queued' && reason !== '' ? [reason] : [])));
  const waiting = reasons.size === 0 ? '' : ` (${[...reasons].join(', ')})`;
  const failed = count('failed') === 0 ? '' : `, ${count('failed')} failed`;
  return `${count('done')} of ${states.length} steps done, ${count('running')} running, ${count('queued')} waiting${waiting}${failed}`;
}

/** A step, and below it the end of its log. */
export function linesOf({ what, state, reason, log }: PartState): string[] {
  return [`  ${what.padEnd(18)} ${state}${reason === '' ? '' : ` (${reason})`}`, ...log.map((line) => `      ${line}`)];
}

/** What failed by itself; the steps that waited for it did not. */
export function failureOf(states: readonly PartState[]): UserError {
  const failed = states.filter(({ state }) => state === 'failed');
  const own = failed.filter(({ log, reason }) => log.length > 0 || (reason !== '' && !reason.startsWith('CANCELLED')));
  const shown = (own.length > 0 ? own : failed).flatMap(linesOf).join('\n');
  return new UserError(`The job was not finished on the cluster:\n${shown}`, hintFor(failed));
}

const AGAIN = 'The same command submits what is missing again.';

/** What may help, by how Slurm ended it. */
function hintFor(failed: readonly PartState[]): string {
  const ended = (state: string): boolean => failed.some(({ reason }) => reason.startsWith(state));
  if (ended('TIMEOUT')) return `It ran past its time limit: name a longer time in the profile. ${AGAIN}`;
  if (ended('OUT_OF_MEMORY')) return `It ran out of memory: name more memory in the profile. ${AGAIN}`;
  return AGAIN;
}
