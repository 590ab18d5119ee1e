import { NotificationType, RequestType, ResponseError } from 'vscode-jsonrpc';
import { CancelledError, InputError, UserError } from '../base/errors.ts';
import type { Progress } from '../base/progress.ts';
import type { LiveScores } from '../evaluation/run/liveScores.ts';
import type { Method, JobParameters, Result, WireError } from './contract.ts';

/** A request carries its job's number, by which progress finds its way back. */
export interface Envelope<M extends Method> {
  readonly job: number;
  readonly parameters: JobParameters<M>;
}

export function requestType<M extends Method>(method: M): RequestType<Envelope<M>, Result<M>, WireError> {
  return new RequestType(method);
}

export const PROGRESS = new NotificationType<{ job: number; progress: Progress }>('progress');

export const LIVE = new NotificationType<{ job: number; scores: LiveScores }>('live');

/** Above JSON-RPC's reserved range. */
const JOB_FAILED = 1;

export function toWire(error: unknown): ResponseError<WireError> {
  const known = error instanceof Error ? error : new Error(String(error));
  return new ResponseError(JOB_FAILED, known.message, {
    kind: kindOf(error),
    message: known.message,
    hint: error instanceof UserError ? error.hint : undefined,
    stack: known.stack,
  });
}

/** The error that was thrown in the worker, as one of our own classes again. */
export function fromWire(error: unknown): unknown {
  if (!(error instanceof ResponseError) || error.code !== JOB_FAILED) return error;
  const { kind, message, hint, stack } = error.data as WireError;
  switch (kind) {
    case 'cancelled':
      return new CancelledError();
    case 'input':
      return new InputError(message, hint);
    case 'user':
      return new UserError(message, hint);
    case 'bug': {
      const bug = new Error(message);
      if (stack !== undefined) bug.stack = stack;
      return bug;
    }
  }
}

function kindOf(error: unknown): WireError['kind'] {
  if (error instanceof CancelledError) return 'cancelled';
  if (error instanceof InputError) return 'input';
  return error instanceof UserError ? 'user' : 'bug';
}
