import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { allOf } from '../../base/allOf.ts';
import { UserError } from '../../base/errors.ts';
import type { ProgressMeter } from '../../base/progress.ts';
import { useLane } from '../../kernels/lanes/lanes.ts';
import { TensorFile } from '../../safetensors/file.ts';
import { copyTensor } from './copyTensor.ts';
import type { WrittenTensor } from './shardWriter.ts';

/**
 * Brings a shard to the disk, and reads it back: header and every tensor.
 *
 * @returns its size
 * @throws UserError if it is not what was written; CancelledError
 */
export async function bringToDisk(
  folder: string,
  { name, headerBytes }: { readonly name: string; readonly headerBytes: Uint8Array },
  written: readonly WrittenTensor[],
  meter: ProgressMeter | undefined,
  signal: AbortSignal,
): Promise<number> {
  const path = join(folder, name);
  await syncFile(path);
  await using shard = await TensorFile.open(path);
  if (!Buffer.from(shard.headerBytes).equals(headerBytes)) throw unreadable(`the header of ${name}`);
  await allOf(written.map((tensor) => readTensor(shard, tensor, meter, signal)));
  return shard.header.fileBytes;
}

async function readTensor(
  file: TensorFile,
  { name, result }: WrittenTensor,
  meter: ProgressMeter | undefined,
  signal: AbortSignal,
): Promise<void> {
  const located = { entry: file.entry(name), shard: { name: '', file } };
  const count = ({ sourceBytes }: { sourceBytes: number }): Promise<void> => {
    meter?.addBytes(sourceBytes);
    return Promise.resolve();
  };
  const { xxh64 } = await useLane((lane) => copyTensor(lane, located, count, signal, false), signal);
  if (xxh64 !== result.xxh64) throw unreadable(`the tensor ${name}`);
  meter?.addTensor();
}

function unreadable(what: string): UserError {
  return new UserError(`What was written cannot be read back: ${what} is not as it was written.`, 'Is the disk sound?');
}

async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.sync();
}
