import { CancelledError, InputError, readError } from '../../base/errors.ts';
import { notReadBack } from './readBack.ts';
import type { Lane, TensorJob } from '../../kernels/lanes/lane.ts';
import type { LaneFailure, LaneResult } from '../../kernels/lanes/messages.ts';
import { LaneError } from '../../kernels/lanes/tensorJob.ts';
import type { TensorFile } from '../../safetensors/file.ts';

/**
 * Lets a lane work on a tensor of a file.
 *
 * @throws InputError if the source cannot be read; the system's error if the target cannot be written; CancelledError
 */
export async function runTensor(
  lane: Lane,
  source: TensorFile,
  job: TensorJob,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<LaneResult> {
  return lane.tensor(job, onBytes, signal).catch((error: unknown) => {
    throw laneError(error, source.path);
  });
}

/** What a lane failed with, in words, if it read `path`. */
export function laneError(error: unknown, path: string): unknown {
  return error instanceof LaneError ? inWords(error.failure, path) : error;
}

function inWords({ during, message, code, syscall }: LaneFailure, path: string): unknown {
  if (during === 'stopped') return new CancelledError();
  if (during === 'reading' && code === undefined)
    return new InputError(`${path} ended while it was being read.`, 'Is another program writing it?');
  if (during === 'reading back') return notReadBack(message);
  const error = Object.assign(new Error(message), { code, syscall });
  return during === 'reading' ? readError(error, path) : error;
}
