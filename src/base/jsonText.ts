import { placeOfProblem } from './jsonProblem.ts';

/** Nobody nests deeper; whoever walks through a value may then do so by recursion. */
const MAX_DEPTH = 200;

/** Why a text is not read as JSON; it never holds the text's own words. Whoever knows the file says its name before it. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';
}

/**
 * JSON.parse of a stranger's text.
 *
 * @param forLiteral what stands for the NaN, Infinity and -Infinity that Python's json.dumps writes and JSON does not know
 * @throws JsonProblem "is not JSON (line 3, column 7)"
 */
export function parseJson(text: string, forLiteral: (literal: string) => string): unknown {
  if (isTooDeep(text)) throw new JsonProblem(`is nested too deeply: more than ${MAX_DEPTH} lists and objects`);
  try {
    return JSON.parse(text);
  } catch {
    const standard = withoutLiterals(text, forLiteral);
    try {
      if (standard !== text) return JSON.parse(standard);
    } catch {
      // The place is told of the text as it was.
    }
    throw new JsonProblem(`is not JSON (${placeOfProblem(text)})`);
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at) - 1;
      if (at < 0) return false;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

function withoutLiterals(text: string, forLiteral: (literal: string) => string): string {
  const marks = /"|-?\bInfinity\b|\bNaN\b/g;
  let [standard, done] = ['', 0];
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    if (found[0] === '"') {
      marks.lastIndex = endOfString(text, found.index);
      // Without an end it is no JSON, whatever follows.
      if (marks.lastIndex === 0) break;
    } else {
      standard += text.slice(done, found.index) + forLiteral(found[0]);
      done = marks.lastIndex;
    }
  }
  return standard + text.slice(done);
}

/**
 * The place behind a string, or 0 if it has no end. By hand, because an expression keeps a way back for each of its
 * characters.
 */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote > 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text[quote - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
  return 0;
}
