const SINGLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/gu;

/**
 * What stands between the quotes of a Python string, read (the codec `unicode-escape`). A backslash before a character
 * that has no meaning stays. Undefined where Python would refuse: `\x`, `\u`, `\U` without their digits, and `\N{name}`.
 */
export function unescapePython(text: string): string | undefined {
  let read = '';
  let at = 0;
  for (const escape of text.matchAll(ESCAPE)) {
    const character = readEscape(escape);
    if (character === undefined) return undefined;
    read += text.slice(at, escape.index) + character;
    at = escape.index + escape[0].length;
  }
  return read + text.slice(at);
}

function readEscape([whole, octal, x, u, long, one = '']: RegExpExecArray): string | undefined {
  const hex = x ?? u ?? long;
  const code = octal !== undefined ? parseInt(octal, 8) : hex !== undefined ? parseInt(hex, 16) : undefined;
  if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
  return 'xuUN'.includes(one) ? undefined : (SINGLE[one] ?? whole);
}
