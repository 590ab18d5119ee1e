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
  const kept = points(text);
  const first = kept.findIndex((point) => !characters.includes(point));
  return first < 0 ? '' : kept.slice(first).join('');
}

export function stripRight(text: string, characters?: string): string {
  if (characters === undefined) {
    let end = text.length;
    while (end > 0 && isSpace(text[end - 1])) end--;
    return text.slice(0, end);
  }
  const kept = points(text);
  return kept.slice(0, kept.findLastIndex((point) => !characters.includes(point)) + 1).join('');
}

/** `str.split()`: at runs of white space, without empty texts at the ends. */
export function splitAtSpaces(text: string, most = Infinity): string[] {
  const parts: string[] = [];
  let rest = stripLeft(text);
  while (rest !== '') {
    SPACES.lastIndex = 0;
    const gap = parts.length < most ? SPACES.exec(rest) : null;
    parts.push(gap === null ? rest : rest.slice(0, gap.index));
    rest = gap === null ? '' : rest.slice(gap.index + gap[0].length);
  }
  return parts;
}

const BREAKS = '\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE_BREAK = new RegExp(`\\r\\n|[${BREAKS}]`, 'u');

/** `str.splitlines()`: no empty line after a last break. */
export function splitLines(text: string): string[] {
  const lines = text.split(LINE_BREAK);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** `re.split(r"\s+", text)`. */
export function countWords(text: string): number {
  return text.split(SPACES).length;
}

/** Of ASCII alone: lm-eval hands digits to `ast.literal_eval`, which knows no others. */
export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/** Python's characters are code points. */
export function points(text: string): string[] {
  return Array.from(text);
}

export function length(text: string): number {
  let surrogatePairs = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >>> 10 === 0x36) surrogatePairs++;
  return text.length - surrogatePairs;
}
