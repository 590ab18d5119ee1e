import type { FileHandle } from 'node:fs/promises';
import { readFully } from '../../base/readFully.ts';
import { writeFully } from '../../base/writeFully.ts';
import { notReadBack } from '../../kernels/lanes/failure.ts';

/** Writes bytes and reads them back. @throws UserError if they are others */
export async function writeChecked(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  await writeFully(file, bytes, position);
  const back = new Uint8Array(bytes.length);
  if (!(await readFully(file, back, position))) throw notReadBack('the file has ended');
  if (Buffer.compare(back, bytes) !== 0) throw notReadBack('it differs');
}
