import { PatternClock, type PatternLimits } from '../regex/patternClock.ts';
import { PythonError } from './values.ts';

/** About a second's work of a slow machine, and less than 64 MB; a template of lm-eval's own takes some thousands. */
const MAX_STEPS = 20_000_000;
/** More than a long book. */
const MAX_TEXT = 4_000_000;
export const MAX_ITEMS = 100_000;
/** Each level is some calls deep, and the stack holds some thousands of calls. */
const MAX_DEPTH = 250;
/** In steps: looking at a character is one. */
const EVALUATION = 30;
const ROUND = 200;
const ITEM = 16;
/** Of a pattern, for every character that it reads, and once. */
const INSTRUCTION = 4;
const COMPILED = 300;

/**
 * What one rendering may still do. A template comes from a stranger's file and runs for every document: it must come to
 * an end, and is asked before it makes anything.
 */
export class Budget implements PatternLimits {
  private left = MAX_STEPS;
  private depth = 0;
  private readonly clock = new PatternClock();

  /** @throws PythonError as all of these do: it looks at so many characters or items */
  look(size: number): void {
    this.left -= size;
    if (!(this.left >= 0)) throw new PythonError(`it takes more than ${MAX_STEPS} steps`);
  }

  /** It computes an expression, and what that is made of meanwhile. */
  evaluation<T>(compute: () => T): T {
    this.look(EVALUATION);
    return this.nested(compute);
  }

  /** It goes through a loop once. */
  round(): void {
    this.look(ROUND);
  }

  /** It makes a text. */
  text(length: number): void {
    this.fits(length);
    this.look(length);
  }

  /** It adds to a text that is this long then. */
  fits(length: number): void {
    if (length > MAX_TEXT) throw new PythonError(`it makes a text of more than ${MAX_TEXT} characters`);
  }

  read(characters: number, instructions: number): void {
    this.clock.read(characters, instructions);
    this.look(characters * instructions * INSTRUCTION);
  }

  readOn(characters: number, instructions: number): void {
    this.clock.readOn(characters, instructions);
  }

  grows(by: number, to: number): void {
    this.fits(to);
    this.look(by);
  }

  /** It reads a pattern. */
  compiled(size: number): void {
    this.look(size * COMPILED);
  }

  /** It makes a list. */
  items(count: number): void {
    if (count > MAX_ITEMS) throw new PythonError(`it makes a list of more than ${MAX_ITEMS} items`);
    this.look(count * ITEM);
  }

  /** A list of what comes, as long as it may become one. */
  collect<T>(items: Iterable<T>): T[] {
    const list: T[] = [];
    for (const item of items) {
      this.items(1);
      if (list.push(item) > MAX_ITEMS) this.items(list.length);
    }
    return list;
  }

  /** It goes one level further into something nested. */
  nested<T>(action: () => T): T {
    if (this.depth >= MAX_DEPTH) throw new PythonError(`it is nested more than ${MAX_DEPTH} deep`);
    this.depth++;
    try {
      return action();
    } finally {
      this.depth--;
    }
  }
}

/** `separator.join(texts)`, once it is known that the budget allows it. */
export function joinTexts(texts: readonly string[], separator: string, budget: Budget | undefined): string {
  const between = separator.length * Math.max(0, texts.length - 1);
  budget?.text(texts.reduce((sum, { length }) => sum + length, between));
  return texts.join(separator);
}
