import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './errors.ts';

/**
 * `mkdir -p`. Node's own `recursive` never ends where a folder cannot be made in one that is there, as in /proc (seen with
 * 20 and 24; https://github.com/nodejs/node/issues/27198 was mended on Windows alone).
 *
 * @returns the first folder that was made, if any
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return undefined;
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path) throw error;
    const made = await makeFolder(parent);
    if (made === undefined) throw error;
    await mkdir(path);
    return made;
  }
}
