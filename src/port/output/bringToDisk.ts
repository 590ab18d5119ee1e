import { syncPath } from '../../base/syncFolder.ts';
import { notReadBack } from '../../kernels/lanes/failure.ts';
import { TensorFile } from '../../safetensors/file.ts';
import type { OutputShard } from './outputTensor.ts';
import type { WrittenTensor } from './shardWriter.ts';

/**
 * Brings a shard to the disk, and sees whether it is what was to be written: its header, and each tensor where that says. The
 * tensors' bytes were read back as they were written.
 *
 * @returns its size
 * @throws UserError if it is not
 */
export async function bringToDisk(
  path: string,
  { name, headerBytes }: OutputShard,
  written: readonly WrittenTensor[],
): Promise<number> {
  await syncPath(path);
  await using shard = await TensorFile.open(path);
  if (Buffer.compare(shard.headerBytes, headerBytes) !== 0) throw notReadBack(`the header of ${name} differs`);
  const displaced = written.find((tensor) => shard.entry(tensor.name).begin !== tensor.position);
  if (displaced !== undefined) throw new Error(`${displaced.name} was not written where ${name} says`);
  return shard.header.fileBytes;
}
