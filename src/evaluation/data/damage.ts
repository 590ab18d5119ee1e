import { CancelledError, InputError, UserError } from '../../base/errors.ts';

/** Runs a library over a stranger's bytes: whatever it throws is said of the file. */
export async function understand<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError || error instanceof CancelledError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${path} cannot be read: ${reason}.`, 'It may be damaged, or cut off in a download.', {
      cause: error,
    });
  }
}

/** The libraries assign fields to plain objects, where this one name would replace the object's prototype. */
export function refusePrototype(path: string, names: readonly string[]): void {
  if (names.includes('__proto__')) throw new InputError(`${path} has a field named "__proto__".`);
}
