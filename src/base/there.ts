import { stat } from 'node:fs/promises';

/** Whether something is at the path; what cannot be looked at is taken for absent. */
export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
