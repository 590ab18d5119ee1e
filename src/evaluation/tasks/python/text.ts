/** What Python's `str` means by white space, digits and characters, where JavaScript means something else. */

/** `str.isspace`, and `\s` of its regular expressions: with U+001C–1F and U+0085, without U+FEFF. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACES = new RegExp(`[${SPACE}]+`, 'gu');
const LEADING = new RegExp(`^[${SPACE}]+`, 'u');
const ONE_SPACE = new RegExp(`^[${SPACE}]$`, 'u');

/** The same as ranges of code points. */
export const SPACE_RANGES: readonly (readonly [number, number])[] = [
  [0x09, 0x0d],
  [0x1c, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

export function isSpace(character: string | undefined): boolean {
  return character !== undefined && ONE_SPACE.test(character);
}

export function strip(text: string, characters?: string): string {
  return stripLeft(stripRight(text, characters), characters);
}

export function stripLeft(text: string, characters?: string): string {
  if (characters === undefined) return text.replace(LEADING, '');
  const removed = new Set(characters);
  let start = 0;
  for (let next = pointFrom(text, 0); removed.has(next); next = pointFrom(text, start)) start += next.length;
  return text.slice(start);
}

export function stripRight(text: string, characters?: string): string {
  let end = text.length;
  if (characters === undefined) {
    while (end > 0 && isSpace(text[end - 1])) end--;
    return text.slice(0, end);
  }
  const removed = new Set(characters);
  for (let last = pointUpTo(text, end); removed.has(last); last = pointUpTo(text, end)) end -= last.length;
  return text.slice(0, end);
}

/** `str.split()`: at runs of white space, without empty texts at the ends. */
export function* splitAtSpaces(text: string, most = Infinity): Generator<string> {
  let rest = stripLeft(text);
  for (let parts = 0; rest !== ''; parts++) {
    SPACES.lastIndex = 0;
    const gap = parts < most ? SPACES.exec(rest) : null;
    yield gap === null ? rest : rest.slice(0, gap.index);
    rest = gap === null ? '' : rest.slice(gap.index + gap[0].length);
  }
}

const BREAKS = '\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE_BREAK = new RegExp(`\\r\\n|[${BREAKS}]`, 'gu');

/** `str.splitlines()`: no empty line after a last break. */
export function* splitLines(text: string): Generator<string> {
  let start = 0;
  for (const { 0: found, index } of text.matchAll(LINE_BREAK)) {
    yield text.slice(start, index);
    start = index + found.length;
  }
  if (start < text.length) yield text.slice(start);
}

/** `re.split(r"\s+", text)`. */
export function countWords(text: string): number {
  return text.split(SPACES).length;
}

/** Of ASCII alone: lm-eval hands digits to `ast.literal_eval`, which knows no others. */
export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/** Python's characters are code points; this is the one that starts there, or nothing. */
export function pointFrom(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** The one that ends there, or nothing. */
export function pointUpTo(text: string, end: number): string {
  const pair = pointFrom(text, end - 2);
  return pair.length === 2 ? pair : text.slice(Math.max(0, end - 1), end);
}

export function points(text: string): string[] {
  return Array.from(text);
}

export function length(text: string): number {
  let surrogatePairs = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >>> 10 === 0x36) surrogatePairs++;
  return text.length - surrogatePairs;
}

/** Where the code point with that number starts, counted from 0, or from the end backwards from -1. */
export function offsetOf(text: string, index: number): number {
  let at = index < 0 ? text.length : 0;
  for (let i = 0; i < index && at < text.length; i++) at += pointFrom(text, at).length;
  for (let i = 0; i > index && at >= 0; i--) at = at === 0 ? -1 : at - pointUpTo(text, at).length;
  return at;
}

/** Less than, equal to or greater than 0: by code points, not by JavaScript's halves of them. */
export function orderTexts(a: string, b: string): number {
  const start = commonLength(a, b);
  // Where only the second halves differ, the first ones are the same.
  const halved = start > 0 && pointFrom(a, start - 1) !== pointFrom(b, start - 1) ? start - 1 : start;
  return (a.codePointAt(halved) ?? -1) - (b.codePointAt(halved) ?? -1);
}

/** How many code units are the same at the beginning. */
export function commonLength(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}
