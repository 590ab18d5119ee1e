import { link, open, rename } from 'node:fs/promises';
import { errorCode } from './errors.ts';

/** File systems without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/**
 * Gives a temporary file its name. Renaming would replace what is there; a link does not. The temporary name may stay.
 *
 * @throws EEXIST
 */
export async function renameNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!NO_LINKS.includes(errorCode(error) ?? '')) throw error;
    await (await open(path, 'wx')).close();
    await rename(temporary, path);
  }
}
