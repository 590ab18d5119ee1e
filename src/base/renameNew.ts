import { link, lstat, rename } from 'node:fs/promises';
import { errorCode } from './errors.ts';

/** File systems without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

export function cannotLink(error: unknown): boolean {
  return NO_LINKS.includes(errorCode(error) ?? '');
}

/**
 * Gives a temporary file its name. Renaming would replace what is there; a link does not. The temporary name may stay.
 *
 * @throws EEXIST
 */
export async function renameNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!cannotLink(error)) throw error;
    // Whole rather than exclusive: what appears between these two calls is replaced.
    if (await exists(path)) throw existsError(path);
    await rename(temporary, path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function existsError(path: string): Error {
  return Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST', syscall: 'link' });
}
