import type { Checkpoint, LocatedTensor } from '../checkpoint/checkpoint.ts';
import { EMBEDDING, HEAD } from './names.ts';

const PIECE_BYTES = 1 << 22;

/**
 * Whether the head is the embedding. Where a file holds both, config.json is believed only if they are equal (transformers 5,
 * `tie_weights` in modeling_utils.py).
 */
export async function isHeadTied({ config, tensors }: Pick<Checkpoint, 'config' | 'tensors'>): Promise<boolean> {
  if (!config.tiesEmbeddings) return false;
  const [embedding, head] = [tensors.get(EMBEDDING), tensors.get(HEAD)];
  return embedding === undefined || head === undefined || areEqual(embedding, head);
}

async function areEqual(one: LocatedTensor, other: LocatedTensor): Promise<boolean> {
  const { entry: a } = one;
  const { entry: b } = other;
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false;
  if (one.shard === other.shard && a.begin === b.begin) return true;
  for (let done = 0; done < a.end - a.begin; done += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, a.end - a.begin - done);
    const [left, right] = [Buffer.alloc(length), Buffer.alloc(length)];
    await Promise.all([one.shard.file.read(left, a.begin + done), other.shard.file.read(right, b.begin + done)]);
    if (!left.equals(right)) return false;
  }
  return true;
}
