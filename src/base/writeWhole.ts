import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeError } from './errors.ts';
import { renameNew } from './renameNew.ts';
import { sweepTemporaries, temporaryPath } from './temporary.ts';

/**
 * A file that appears whole or not at all.
 *
 * @param overwrite else a file that is there already is an error
 * @throws UserError if it cannot be written
 */
export async function writeWhole(path: string, text: string, overwrite: boolean): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await sweepTemporaries(dirname(path));
    await writeFile(temporary, text, { flag: 'wx' });
    await (overwrite ? rename(temporary, path) : renameNew(temporary, path));
  } catch (error) {
    throw writeError(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
