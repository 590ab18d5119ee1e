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
  const missing = await tryToMake(path);
  if (!(missing instanceof Error)) return missing;
  const parent = dirname(path);
  if (parent === path) throw missing;
  const made = await makeFolder(parent);
  // Somebody else may have made both meanwhile.
  const again = await tryToMake(path);
  if (again instanceof Error) throw again;
  return made ?? again;
}

/** The folder where it was made, nothing where it was there, an error where its parent is missing. @throws any other error */
async function tryToMake(path: string): Promise<string | Error | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await isFolder(path))) return undefined;
    if (errorCode(error) === 'ENOENT' && error instanceof Error) return error;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
