import type { ProgressMeter } from '../../base/progress.ts';
import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { useLane } from '../../kernels/lanes/lanes.ts';
import { copyTensor } from '../output/copyTensor.ts';

/** SHA-256 of a tensor's bytes, read in pieces and hashed in a thread. @throws CancelledError */
export async function hashTensor(tensor: LocatedTensor, meter: ProgressMeter, signal: AbortSignal): Promise<string> {
  const onBytes = (bytes: number): void => meter.addBytes(bytes);
  const { sha256 } = await useLane((lane) => copyTensor(lane, tensor, undefined, onBytes, signal), signal);
  meter.addTensor();
  return sha256;
}
