import { setImmediate } from 'node:timers/promises';
import { CancelledError } from './errors.ts';

/** @throws CancelledError if the signal has been aborted. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError();
}

/** Lets queued events in (a cancel message among them) between two pieces of work on the thread. */
export async function yieldToEvents(signal: AbortSignal): Promise<void> {
  await setImmediate();
  throwIfCancelled(signal);
}
