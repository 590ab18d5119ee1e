import { CancelledError, InputError, UserError } from '../../base/errors.ts';
import { JsonProblem } from '../../base/jsonText.ts';
import { brief } from '../../base/quote.ts';

/** Runs a library over a stranger's bytes: whatever it throws is said of the file. */
export async function understand<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError || error instanceof CancelledError) throw error;
    throw new InputError(
      `${path} cannot be read: ${reasonOf(error)}.`,
      'It may be damaged, or cut off in a download.',
      {
        cause: error,
      },
    );
  }
}

/** A library's own words; JavaScript's are about a program, and not about a file. */
function reasonOf(error: unknown): string {
  if (error instanceof JsonProblem) return `a value of it ${error.message}`;
  const native = [RangeError, TypeError, SyntaxError, ReferenceError];
  const isOfFile = error instanceof Error && !native.some((each) => error instanceof each);
  return isOfFile && !/\bundefined\b|BigInt/.test(error.message)
    ? brief(error.message)
    : 'its bytes contradict each other';
}

/** The libraries assign fields to plain objects, where this one name would replace the object's prototype. */
export function refusePrototype(path: string, names: readonly string[]): void {
  if (names.includes('__proto__')) throw new InputError(`${path} has a field named "__proto__".`);
}
