const SPACE = /[ \t\n\r]*/y;
/** A string's characters, or one escape. */
const IN_STRING = /[^"\\\0-\x1f]+|\\(?:["\\/bfnrt]|u[\da-f]{4})/iy; // eslint-disable-line no-control-regex
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity/y;

/** Where a text stops being JSON: "line 3, column 7". JSON.parse tells it of some texts only, and quotes them. */
export function placeOfProblem(text: string): string {
  const at = endOfJson(text);
  let [line, start] = [1, 0];
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  const column = at - start + 1;
  const place = text.includes('\n') ? `line ${line}, column ${column}` : `column ${column}`;
  return at >= text.length ? `it ends too early, at ${place}` : place;
}

type Expected = 'value' | 'first value' | 'key' | 'first key' | ':' | 'next';

/** How far it could be the beginning of JSON. */
function endOfJson(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = behind(SPACE, text, 0); at < text.length; at = behind(SPACE, text, at)) {
    const mark = text.charAt(at);
    const following = behindMark(mark, expected, open);
    const isValue: boolean = expected === 'value' || expected === 'first value';
    if (following !== undefined) {
      at++;
      expected = following;
    } else if (mark === '"' && expected !== ':' && expected !== 'next') {
      at = behindString(text, at);
      if (text[at++] !== '"') return at - 1;
      expected = isValue ? 'next' : ':';
    } else {
      const end: number = isValue ? behind(WORD, text, at) : at;
      if (end === at) return at;
      at = end;
      expected = 'next';
    }
  }
  return text.length;
}

/** What may come behind it, or undefined if it is no mark that may come here itself. */
function behindMark(mark: string, expected: Expected, open: string[]): Expected | undefined {
  const isValue = expected === 'value' || expected === 'first value';
  const inList = open.at(-1) === '[';
  if (isValue && (mark === '[' || mark === '{')) {
    open.push(mark);
    return mark === '[' ? 'first value' : 'first key';
  }
  if (open.length === 0) return undefined;
  if (mark === (inList ? ']' : '}') && (expected === 'next' || expected === (inList ? 'first value' : 'first key'))) {
    open.pop();
    return 'next';
  }
  if (mark === ',' && expected === 'next') return inList ? 'value' : 'key';
  return mark === ':' && expected === ':' ? 'value' : undefined;
}

function behindString(text: string, start: number): number {
  let at = start + 1;
  for (let end = behind(IN_STRING, text, at); end > at; end = behind(IN_STRING, text, at)) at = end;
  return at;
}

/** @param pattern sticky */
function behind(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
