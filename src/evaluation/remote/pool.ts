import pLimit from 'p-limit';
import { CancelledError } from '../../base/errors.ts';

export type Task = (signal: AbortSignal) => Promise<void>;

/** Runs the tasks, so many at once; the first failure ends the others, which have all ended when it is thrown. */
export async function runAll(tasks: readonly Task[], concurrency: number, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const limit = pLimit(Math.max(1, Math.trunc(concurrency)));
  const run = async (task: Task): Promise<void> => {
    if (either.aborted) return;
    try {
      await task(either);
    } catch (error) {
      ended.abort();
      throw error;
    }
  };
  const results = await Promise.allSettled(tasks.map((task) => limit(() => run(task))));
  if (signal.aborted) throw new CancelledError();
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }): unknown => reason);
  const cause = failures.find((reason) => !(reason instanceof CancelledError));
  if (cause !== undefined) throw cause instanceof Error ? cause : new Error('A request failed.', { cause });
}
