import { createHash } from 'node:crypto';
import { readError } from './errors.ts';
import { openRegular } from './openRegular.ts';

const PIECE_BYTES = 1 << 20;

/** Streams the file; lower-case hexadecimal. @throws InputError if it cannot be read; AbortError */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    const handle = await openRegular(path);
    const pieces = handle.createReadStream({ highWaterMark: PIECE_BYTES, ...(signal ? { signal } : {}) });
    for await (const piece of pieces) hash.update(piece as Buffer);
  } catch (error) {
    throw readError(error, path);
  }
  return hash.digest('hex');
}

/** Of a text its UTF-8. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
