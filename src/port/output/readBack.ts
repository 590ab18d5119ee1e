import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../base/errors.ts';
import { writeFully } from '../../base/writeFully.ts';

/** Writes bytes and reads them back. @throws UserError if they are others */
export async function writeChecked(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  await writeFully(file, bytes, position);
  const back = new Uint8Array(bytes.length);
  for (let done = 0; done < back.length;) {
    const { bytesRead } = await file.read(back, done, back.length - done, position + done);
    if (bytesRead === 0) throw notReadBack('the file has ended');
    done += bytesRead;
  }
  if (Buffer.compare(back, bytes) !== 0) throw notReadBack('it differs');
}

export function notReadBack(why: string): UserError {
  return new UserError(`What was written cannot be read back: ${why}.`, 'Is the disk sound?');
}
