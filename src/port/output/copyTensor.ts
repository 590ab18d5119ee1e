import type { Lane } from '../../kernels/lanes/lane.ts';
import type { TargetPlace } from '../../kernels/lanes/messages.ts';
import type { TensorFile } from '../../safetensors/file.ts';

export interface CopiedTensor {
  readonly sha256: string;
}

/** A tensor, or any other bytes of a file. */
interface Stretch {
  readonly entry: { readonly begin: number; readonly end: number };
  readonly shard: { readonly file: TensorFile };
}

const PIECE_BYTES = 1 << 20;

/**
 * Copies a tensor, byte for byte.
 *
 * @param to where it is written; nowhere for its hash alone
 * @throws InputError if it cannot be read; CancelledError
 */
export async function copyTensor(
  lane: Lane,
  { entry: { begin, end }, shard: { file } }: Stretch,
  to: TargetPlace | undefined,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<CopiedTensor> {
  const [bytes, from] = [end - begin, { path: file.path, position: begin }];
  const job = { from, to, bytes, tileBytes: PIECE_BYTES, patch: undefined };
  const { sha256 } = await lane.tensor(job, onBytes, signal);
  return { sha256 };
}
