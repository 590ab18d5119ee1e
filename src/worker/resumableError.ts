import { UserError } from '../base/errors.ts';

/** The worker died in the middle of a port, and what it had finished is kept: the same port goes on from there. */
export class ResumableError extends UserError {
  override readonly name = 'ResumableError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'The shards that are finished are kept: the same port goes on with the next one.', options);
  }
}
