import { CancelledError, InputError, readError, UserError } from '../../base/errors.ts';
import type { LaneFailure } from './messages.ts';

/** In a lane's thread: an order that is not carried out. */
export class LaneError extends Error {
  readonly failure: LaneFailure;

  constructor(failure: LaneFailure, cause?: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** What the thread says of an error. */
export function failureOf(error: unknown, when: Pick<LaneFailure, 'during' | 'path'>): LaneFailure {
  if (error instanceof LaneError) return error.failure;
  if (!(error instanceof Error)) return { ...when, message: String(error) };
  const { code, syscall } = error as NodeJS.ErrnoException;
  return { ...when, message: error.message, code, syscall };
}

/** And what its host makes of that; an error in writing is the system's, to which the host adds the path. */
export function errorOf({ during, path = '', message, code, syscall }: LaneFailure): Error {
  if (during === 'stopped') return new CancelledError();
  if (during === 'reading back') return notReadBack(message);
  if (during === 'reading' && code === undefined)
    return new InputError(`${path} ended while it was being read.`, 'Is another program writing it?');
  const error = Object.assign(new Error(message), { code, syscall });
  const reason = during === 'reading' ? readError(error, path) : error;
  return reason instanceof Error ? reason : error;
}

export function notReadBack(why: string): UserError {
  return new UserError(`What was written cannot be read back: ${why}.`, 'Is the disk sound?');
}
