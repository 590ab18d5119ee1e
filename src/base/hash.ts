import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { readError } from './errors.ts';
import { openRegular } from './openRegular.ts';

/** Streams the file; lower-case hexadecimal. @throws InputError if it cannot be read; AbortError */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    const handle = await openRegular(path);
    await pipeline(handle.createReadStream(), hash, signal ? { signal } : {});
  } catch (error) {
    throw readError(error, path);
  }
  return hash.digest('hex');
}

export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
