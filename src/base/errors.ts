import { brief } from './quote.ts';

/** Longer ones were made of strangers' names. */
const MAX_PATH = 1000;

/**
 * An error that a person can act on: the message says what is wrong, with which file or tensor; the hint says what to
 * do next. Everything else that is thrown is a bug and is shown with its stack.
 */
export class UserError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UserError';
    this.hint = hint;
  }
}

/** The input itself cannot be used (malformed, missing, not matching): the command line exits with 2. */
export class InputError extends UserError {
  override readonly name = 'InputError';
}

/** The job was cancelled by the person. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';

  constructor() {
    super('Cancelled.');
  }
}

/** What a page shows of an error: what is wrong, and what to do. */
export function problemText(error: unknown): string {
  const hint = error instanceof UserError && error.hint !== undefined ? ` ${error.hint}` : '';
  return `${error instanceof Error ? error.message : String(error)}${hint}`;
}

/** What V8, the C++ runtime and ONNX Runtime say when they get no memory. */
export const NO_MEMORY = /out of memory|heap limit|bad_alloc|allocation failed|(failed to|cannot) allocate/i;

/** Node's own code for it, because the system is never asked. */
const NUL_IN_NAME = 'ERR_INVALID_ARG_VALUE';

const SYSTEM_REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it is a file, or a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an input/output error',
  EMFILE: 'too many open files',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'the path is too long',
  EEXIST: 'it exists already',
  [NUL_IN_NAME]: 'its name holds a NUL character',
};

const HINTS: Record<string, string> = {
  ENOSPC: 'Free some space, or choose a folder on another disk.',
  EDQUOT: 'Free some space, or choose a folder on another disk.',
  EROFS: 'Choose a folder that can be written to.',
  EACCES: 'Choose a folder that can be written to.',
  EPERM: 'Choose a folder that can be written to.',
};

/** The error of a file that cannot be read, in words; errors that are not the system's pass through unchanged. */
export function readError(error: unknown, path: string, hint?: string): unknown {
  const reason = systemReason(error);
  return reason === undefined
    ? error
    : new InputError(`Cannot read ${brief(path, MAX_PATH)}: ${reason}.`, hint, { cause: error });
}

const FOLDER_HINTS: Record<string, string> = {
  ENOENT: 'Nothing is downloaded: name a folder on this disk.',
  ENOTDIR: 'Choose the folder that holds it.',
};

/** Likewise of a folder that a person has named. */
export function folderError(error: unknown, folder: string): unknown {
  return readError(error, folder, FOLDER_HINTS[errorCode(error) ?? '']);
}

/** The error of an output that cannot be written, in words; errors that are not the system's pass through unchanged. */
export function writeError(error: unknown, path: string): unknown {
  const reason = systemReason(error);
  if (reason === undefined) return error;
  return new UserError(`Cannot write ${brief(path, MAX_PATH)}: ${reason}.`, HINTS[errorCode(error) ?? ''], {
    cause: error,
  });
}

function systemReason(error: unknown): string | undefined {
  const code = errorCode(error);
  return code === undefined ? undefined : (SYSTEM_REASONS[code] ?? code);
}

/** Of an error of the file system. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const isNul = error.code === NUL_IN_NAME && error.message.includes('null bytes');
  return 'syscall' in error || isNul ? error.code : undefined;
}
