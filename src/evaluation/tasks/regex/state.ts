import type { Scanner } from '../python/scanner.ts';
import type { PatternSize } from './patternSize.ts';

export interface Flags {
  readonly ascii: boolean;
  readonly multiline: boolean;
}

/** A pattern as it is translated, character by character. */
export interface State {
  readonly scanner: Scanner;
  readonly groups: number[];
  readonly names: Map<string, number>;
  readonly newlines: number[];
  count: number;
  flags: Flags;
  readonly outer: Flags[];
  readonly size: PatternSize;
}
