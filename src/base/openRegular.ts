import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { InputError, readError } from './errors.ts';
import { readFully } from './readFully.ts';

/** Opening a named pipe would wait for its other end, in one of the few threads that all file operations share. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- Windows has no such flag
export const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file for reading.
 *
 * @param shownAs the path that a person knows, where `path` is what a link leads to
 * @throws InputError if it cannot be read, or is a pipe, a device or a folder
 */
export async function openRegular(path: string, shownAs: string = path): Promise<FileHandle> {
  const handle = await open(path, READ).catch((error: unknown) => {
    throw readError(error, shownAs);
  });
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return handle;
    throw new InputError(`Cannot read ${shownAs}: it is ${stats.isDirectory() ? 'a folder' : 'no regular file'}.`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The bytes of a small file.
 *
 * @throws InputError if it cannot be read, or is larger than what it should be can be
 */
export async function readWhole(path: string, maxBytes: number, shownAs: string = path): Promise<Buffer> {
  await using handle = await openRegular(path, shownAs);
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw new InputError(`${shownAs} is too large for what it should be (${size} bytes).`);
    const bytes = Buffer.allocUnsafe(size);
    if (await readFully(handle, bytes, 0)) return bytes;
    throw new InputError(`${shownAs} ended while it was being read.`, 'Is another program writing it?');
  } catch (error) {
    throw readError(error, shownAs);
  }
}
