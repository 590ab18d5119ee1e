import { setImmediate } from 'node:timers/promises';
import { CancelledError } from './errors.ts';

/**
 * Why a job is ended whose window is closed or whose session is cut off: nobody has given it up, so that what is finished is
 * kept.
 */
export const INTERRUPTED = 'interrupted';

/** @throws CancelledError if the signal has been aborted. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError();
}

/** Lets queued events in (a cancel message among them) between two pieces of work on the thread. */
export async function yieldToEvents(signal: AbortSignal): Promise<void> {
  await setImmediate();
  throwIfCancelled(signal);
}
