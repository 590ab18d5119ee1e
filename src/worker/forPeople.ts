import { errorCode, NO_MEMORY, readError, UserError } from '../base/errors.ts';

export const MEMORY_HINT =
  'Close other programs, or run it on a machine with more memory; an evaluation needs less with --memory mapped.';

/** What is nobody's mistake in the program becomes an error in words: memory that is not there, a disk that fails. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  if (NO_MEMORY.test(error.message))
    return new UserError('There is not enough memory for this job.', MEMORY_HINT, { cause: error });
  if (errorCode(error) === undefined) return error;
  return readError(error, 'path' in error && typeof error.path === 'string' ? error.path : 'a file of this job');
}
