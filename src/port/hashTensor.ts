import { createHash } from 'node:crypto';
import { throwIfCancelled } from '../base/abort.ts';
import type { ProgressMeter } from '../base/progress.ts';
import type { LocatedTensor } from '../checkpoint/checkpoint.ts';

const CHUNK_BYTES = 1 << 22;

/** SHA-256 of a tensor's bytes, read in pieces. */
export async function hashTensor(
  { entry, shard }: LocatedTensor,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, entry.end - entry.begin));
  meter.begin(entry.name);
  for (let at = entry.begin; at < entry.end; at += CHUNK_BYTES) {
    throwIfCancelled(signal);
    const piece = buffer.subarray(0, Math.min(CHUNK_BYTES, entry.end - at));
    await shard.file.read(piece, at);
    hash.update(piece);
    meter.addBytes(piece.length);
  }
  meter.addTensor();
  return hash.digest('hex');
}
