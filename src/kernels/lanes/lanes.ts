import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { throwIfCancelled } from '../../base/abort.ts';
import { Lane } from './lane.ts';

/** More would wait for the disk. */
const MOST = 8;

const limit = pLimit(Math.min(MOST, availableParallelism()));
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
