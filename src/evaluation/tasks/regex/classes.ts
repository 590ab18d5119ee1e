import { SPACE_RANGES } from '../python/text.ts';

export type Range = readonly [first: number, last: number];

const LAST = 0x10ffff;

/** What `\d`, `\s` and `\w` stand for in a Python pattern of text (Lib/re/_parser.py, Modules/_sre), inside a class. */
export const UNICODE_CLASSES = {
  d: '\\p{Nd}',
  s: classText(SPACE_RANGES),
  w: '\\p{L}\\p{N}_',
  D: '\\P{Nd}',
  S: classText(complement(SPACE_RANGES)),
} as const;

/** The same after `(?a)`. */
export const ASCII_CLASSES = {
  d: '0-9',
  s: ' \\t-\\r',
  w: '0-9A-Za-z_',
  D: '\\x00-/:-\\x{10ffff}',
  S: '\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}',
  W: '\\x00-/:-@\\[-\\^`{-\\x{10ffff}',
} as const;

let notWord: string | undefined;

/** `\W` inside a class, where RE2 has no way to negate a part. */
export function unicodeNotWord(): string {
  notWord ??= classText(complement(rangesOf(/[\p{L}\p{N}_]/u)));
  return notWord;
}

export function classText(ranges: readonly Range[]): string {
  return ranges.map(([first, last]) => (first === last ? point(first) : `${point(first)}-${point(last)}`)).join('');
}

export function point(code: number): string {
  return `\\x{${code.toString(16)}}`;
}

function complement(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const [first, last] of ranges) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

function rangesOf(pattern: RegExp): Range[] {
  const ranges: Range[] = [];
  let start = -1;
  for (let code = 0; code <= LAST + 1; code++) {
    const inside = code <= LAST && pattern.test(String.fromCodePoint(code));
    if (inside && start < 0) start = code;
    if (inside || start < 0) continue;
    ranges.push([start, code - 1]);
    start = -1;
  }
  return ranges;
}
