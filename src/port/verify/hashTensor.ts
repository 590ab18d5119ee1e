import { createHash } from 'node:crypto';
import { throwIfCancelled } from '../../base/abort.ts';
import type { ProgressMeter } from '../../base/progress.ts';
import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';

/** SHA-256 of a tensor's bytes, read in pieces. */
export async function hashTensor(
  { entry, shard }: LocatedTensor,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of shard.file.pieces(entry.begin, entry.end)) {
    throwIfCancelled(signal);
    hash.update(piece);
    meter.addBytes(piece.length);
  }
  meter.addTensor();
  return hash.digest('hex');
}
