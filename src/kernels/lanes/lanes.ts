import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { throwIfCancelled } from '../../base/abort.ts';
import { Lane } from './lane.ts';

/** One more than processors: while one waits for the disk, another computes. Many would be in each other's way there. */
export const LANES = Math.min(8, availableParallelism() + 1);

const limit = pLimit(LANES);
const idle: Lane[] = [];

/**
 * Has a lane for itself until `work` ends; whoever comes first is served first. Lanes are made when they are needed, and kept,
 * unless the work failed: then nobody knows what they are still doing.
 *
 * @throws CancelledError if its turn comes too late
 */
export function useLane<T>(work: (lane: Lane) => Promise<T>, signal: AbortSignal): Promise<T> {
  return limit(async () => {
    throwIfCancelled(signal);
    const lane = idle.pop() ?? new Lane();
    try {
      const result = await work(lane);
      idle.push(lane);
      return result;
    } catch (error) {
      void lane.close();
      throw error;
    }
  });
}
