import type { FileHandle } from 'node:fs/promises';
import { InputError, readError } from '../base/errors.ts';

/** An open file whose size is known, and its name for errors. */
export interface Source {
  readonly handle: FileHandle;
  readonly fileBytes: number;
  readonly path: string;
}

/** The `length` bytes from `position` on; the caller has checked that the file has them. */
export async function readAt(source: Source, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await source.handle
      .read(bytes, done, length - done, position + done)
      .catch((error: unknown) => {
        throw readError(error, source.path);
      });
    if (bytesRead === 0)
      throw new InputError(`${source.path} ended while it was being read.`, 'Is another program writing it?');
    done += bytesRead;
  }
  return bytes;
}
