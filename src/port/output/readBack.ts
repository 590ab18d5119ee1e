import type { FileHandle } from 'node:fs/promises';
import { writeFully } from '../../base/writeFully.ts';
import { notReadBack } from '../../kernels/lanes/failure.ts';

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
