import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, UserError } from '../base/errors.ts';
import type { Job } from './job.ts';
import { lookAt, type PartState } from './look.ts';
import { failureOf, isOver } from './words.ts';

export interface WatchOptions {
  readonly everyMs: number;
  /** Is told how every step stands, at each look; nothing where Slurm does not answer, which passes. */
  readonly onLook: (states: readonly PartState[] | undefined) => void;
  /** What Slurm said instead of an answer. */
  readonly onSilence: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Looks at a job until it ends.
 *
 * @throws UserError with what failed; CancelledError once the signal is aborted: the jobs themselves go on
 */
export async function watchJob(
  out: string,
  job: Job,
  { everyMs, onLook, onSilence, signal }: WatchOptions,
): Promise<void> {
  for (;;) {
    const states = await lookPatiently(out, job, onSilence);
    onLook(states);
    if (states !== undefined && isOver(states)) {
      if (states.some(({ state }) => state === 'failed')) throw failureOf(states);
      return;
    }
    await sleep(everyMs, undefined, { signal }).catch(() => {
      throw new CancelledError();
    });
  }
}

async function lookPatiently(
  out: string,
  job: Job,
  onSilence: WatchOptions['onSilence'],
): Promise<readonly PartState[] | undefined> {
  try {
    return await lookAt(out, job);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onSilence(error.message);
    return undefined;
  }
}
