import { readdir } from 'node:fs/promises';
import { errorCode, InputError, readError } from '../../base/errors.ts';

export interface Entries {
  /** Links among them: in the Hugging Face cache every file is one. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** The names in a folder, sorted; none if there is no such folder. @throws InputError if it cannot be read */
export async function entriesOf(folder: string): Promise<Entries> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = (folders: boolean): string[] =>
      entries
        .filter((entry) => (folders ? entry.isDirectory() : entry.isFile()) || entry.isSymbolicLink())
        .map(({ name }) => name)
        .sort();
    return { files: names(false), folders: names(true) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return { files: [], folders: [] };
    throw readError(error, folder);
  }
}

/** @throws InputError if there are several, which only the person can choose between */
export function onlyOne<T>(candidates: readonly T[], nameOf: (candidate: T) => string, what: string): T | undefined {
  const [first, second] = candidates;
  if (first !== undefined && second !== undefined)
    throw new InputError(
      `There are two candidates for ${what}: ${nameOf(first)} and ${nameOf(second)}.`,
      'Remove or rename the one that is not meant.',
    );
  return first;
}
