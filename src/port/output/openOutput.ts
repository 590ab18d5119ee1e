import { constants } from 'node:fs';
import { chmod, copyFile, open, type FileHandle } from 'node:fs/promises';
import { errorCode, writeError } from '../../base/errors.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import type { OutputShard } from './outputTensor.ts';

/** What systems say that cannot clone, or not from there to here. */
const NO_CLONES = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV', 'EPERM', 'ETXTBSY'];
const CLONE = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE;

interface Output {
  readonly file: FileHandle;
  /** The file whose bytes it has already. */
  readonly clonedFrom: TensorFile | undefined;
}

/**
 * Makes a shard's file. Where the file system can (btrfs, XFS, APFS, ReFS) it is a clone of the source, so that bytes which no
 * delta touches need not be written.
 *
 * @throws UserError if it cannot be made, or is there
 */
export async function openOutput(shard: OutputShard, path: string): Promise<Output> {
  const source = clonable(shard);
  try {
    if (source !== undefined && (await clone(source.path, path)))
      return { file: await open(path, 'r+'), clonedFrom: source };
    return { file: await open(path, 'wx+'), clonedFrom: undefined };
  } catch (error) {
    throw writeError(error, path);
  }
}

/** The file that the shard is laid out as, if a clone of it would save anything. */
function clonable({ headerBytes, tensors }: OutputShard): TensorFile | undefined {
  const untouched = tensors.find(({ item }) => item === undefined);
  const file = untouched?.source.shard.file;
  const same = file?.format === 'safetensors' && file.headerBytes === headerBytes;
  return same ? file : undefined;
}

/** @returns whether the file system could */
async function clone(source: string, path: string): Promise<boolean> {
  try {
    await copyFile(source, path, CLONE);
    // The source may be read-only, and its mode is cloned too.
    await chmod(path, 0o644);
    return true;
  } catch (error) {
    if (NO_CLONES.includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}
