import { PatternError } from '../../patternError.ts';

/** What is asked before a pattern is used on a text. @throws PatternError, or an error of its own, where it goes too far */
export interface PatternLimits {
  /** The text is read, with a pattern of so many instructions. */
  read(characters: number, instructions: number): void;
  /** It is read on from where something was found. */
  readOn(characters: number, instructions: number): void;
  /** What is made of it gets so much longer, and is so long then. */
  grows?(by: number, to: number): void;
}

/** Characters × instructions: half a second, of the slowest patterns. */
const MAX_WORK = 5_000_000;
const MAX_MILLISECONDS = 1000;

/**
 * Finding one match takes time linear in the text; finding all may not: `a.*b|a` reads all that is left each time. How
 * far a search reads is not known, so the clock is asked, but only where there could be that much to read at all.
 */
export class PatternClock implements PatternLimits {
  private readonly start = performance.now();
  private work = 0;

  read(characters: number, instructions: number): void {
    if (characters * instructions > MAX_WORK)
      throw new PatternError(`it is too large for a text of ${characters} characters`);
  }

  readOn(characters: number, instructions: number): void {
    this.work += characters * instructions;
    if (this.work > MAX_WORK && performance.now() - this.start > MAX_MILLISECONDS)
      throw new PatternError('it takes more than a second on one text');
  }
}
