import { shortened } from '../python/values.ts';

/** What is wrong with a template or with what it met, and on which of its lines. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly line: number;
  /** The variable that does not exist, if that is the reason. */
  readonly missing: string | undefined;

  constructor(message: string, line: number, missing?: string) {
    super(shortened(message));
    this.line = line;
    this.missing = missing;
  }
}
