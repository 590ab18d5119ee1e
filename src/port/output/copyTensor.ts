import { throwIfCancelled } from '../../base/abort.ts';
import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { Lane } from '../../kernels/lanes/lane.ts';
import type { FinishedTile } from './patchTensor.ts';
import { TileSlots } from './tileSlots.ts';

/** Hashes of a tensor's bytes, hexadecimal. */
export interface CopiedTensor {
  readonly sha256: string;
  /** To read it back by, which is faster. */
  readonly xxh64: string;
}

const PIECE_BYTES = 1 << 22;

/**
 * Reads a tensor piece by piece.
 *
 * @param take what is done with each piece, several at a time
 * @param sha256 whether it is wanted; else it is that of nothing
 * @throws CancelledError
 */
export async function copyTensor(
  lane: Lane,
  { entry: { begin, end }, shard }: Pick<LocatedTensor, 'entry' | 'shard'>,
  take: (piece: FinishedTile) => Promise<void>,
  signal: AbortSignal,
  sha256 = true,
): Promise<CopiedTensor> {
  const slots = new TileSlots();
  lane.makeRoom({ source: 0, target: Math.min(PIECE_BYTES, end - begin), left: 0, right: 0, delta: 0 });
  try {
    for (let at = 0; at < end - begin; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, end - begin - at);
      const slot = await slots.next();
      throwIfCancelled(signal);
      const bytes = lane.target(slot, length);
      await shard.file.read(bytes, begin + at);
      const hashed = lane.hash(slot, { target: length, sha256 });
      // Writing only reads the bytes, as hashing does.
      const work = Promise.all([hashed, take({ bytes, at, sourceBytes: length })]);
      slots.occupy(slot, work.then(() => undefined));
    }
    await slots.finish();
    const { targetSha256, targetXxh64 } = await lane.finish();
    return { sha256: targetSha256, xxh64: targetXxh64 };
  } finally {
    await slots.settle();
  }
}
