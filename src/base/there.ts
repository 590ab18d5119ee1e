import { stat } from 'node:fs/promises';
import { InputError } from './errors.ts';

/** Whether something is at the path; what cannot be looked at is taken for absent. */
export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Before an output is begun. @throws InputError if something is at the path */
export async function assertAbsent(path: string): Promise<void> {
  if (await isThere(path))
    throw new InputError(`${path} exists already.`, 'Choose another name; nothing is ever overwritten.');
}
