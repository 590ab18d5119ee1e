import { PatternError } from '../../patternError.ts';
import { pythonRegex } from '../regex/pythonRegex.ts';
import { fail, type Path, type Source } from './source.ts';

/** In RE2's instructions, of all the patterns of a list: some tenths of a second. */
const MAX_SIZE = 10_000;

/** The patterns of a list, checked one after the other. */
export class Patterns {
  private readonly source: Source;
  private size = 0;

  constructor(source: Source) {
    this.source = source;
  }

  /** @throws InputError where it cannot be used, with RE2's reason, or all of them are too large */
  check(path: Path, pattern: string): void {
    this.size += this.sizeOf(path, pattern);
    if (this.size > MAX_SIZE)
      fail(this.source, path, 'cannot be used: it is too large, together with the patterns before it');
  }

  private sizeOf(path: Path, pattern: string): number {
    try {
      return pythonRegex(pattern).size;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      return fail(
        this.source,
        path,
        `cannot be used: ${error.message}`,
        'Patterns run in RE2, which takes no longer than the text is long.',
      );
    }
  }
}
