import { RE2JS } from 're2js';
import { unescapePython } from '../python/escapes.ts';
import { PatternError } from './patternError.ts';
import { translate, type Translated } from './translate.ts';

/** A pattern in Python's syntax, matched by RE2 in time linear in the text, whatever strangers write in it. */
export interface PythonRegex {
  /** `re.findall`: of every match its whole text, or the texts of its groups, empty where one took no part. */
  findAll(text: string): (string | readonly string[])[];
  /** `re.sub`; the replacement knows `\1`, `\g<1>` and `\g<name>`. @param count 0 for all */
  sub(replacement: string, text: string, count?: number): string;
}

interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole, then the groups. */
  readonly groups: readonly (string | undefined)[];
}

const MAX_LENGTH = 4000;
const MAX_KEPT = 200;
const kept = new Map<string, PythonRegex>();

/** @throws PatternError with the reason, as the end of a sentence */
export function pythonRegex(pattern: string): PythonRegex {
  let regex = kept.get(pattern);
  if (regex === undefined) {
    regex = compile(pattern);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(pattern, regex);
  }
  return regex;
}

function compile(pattern: string): PythonRegex {
  if (pattern.length > MAX_LENGTH) throw new PatternError(`it is longer than ${MAX_LENGTH} characters`);
  const translated = translate(pattern);
  const compiled = compileRe2(translated.source);
  const groups = translated.groups.length;
  return {
    findAll: (text) =>
      Array.from(matches(compiled, translated, text), ({ groups: [whole = '', ...own] }) => {
        if (groups === 0) return whole;
        return groups === 1 ? (own[0] ?? '') : own.map((group) => group ?? '');
      }),
    sub: (replacement, text, count = 0) => {
      const template = readTemplate(replacement, translated);
      let [result, at, done] = ['', 0, 0];
      for (const match of matches(compiled, translated, text)) {
        if (count > 0 && done++ >= count) break;
        result += text.slice(at, match.start) + template.map((part) => partText(part, match)).join('');
        at = match.end;
      }
      return result + text.slice(at);
    },
  };
}

function compileRe2(source: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.LOOKBEHINDS);
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * As Python goes on from match to match: from where the last one ended, and an empty match may follow a longer one but
 * not another empty one at the same place.
 */
function* matches(compiled: RE2JS, translated: Translated, text: string): Generator<Match> {
  const matcher = compiled.matcher(text);
  let emptyAt = -1;
  for (let at = 0; at <= text.length && matcher.find(at);) {
    const newline = translated.newlines.some((group) => (matcher.group(group) ?? '') !== '') ? 1 : 0;
    const [start, end] = [matcher.start(), matcher.end() - newline];
    if (start === end && start === emptyAt) {
      at = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      continue;
    }
    emptyAt = start === end ? start : -1;
    at = end;
    const own = translated.groups.map((group) => {
      const from = matcher.start(group);
      return from < 0 ? undefined : text.slice(from, Math.min(matcher.end(group), end));
    });
    yield { start, end, groups: [text.slice(start, end), ...own] };
  }
}

type Part = string | number;

function partText(part: Part, match: Match): string {
  return typeof part === 'string' ? part : (match.groups[part] ?? '');
}

/** Python's replacement templates (`re._parser.parse_template`). */
function readTemplate(replacement: string, { groups, names }: Translated): Part[] {
  const parts: Part[] = [];
  const pieces = /\\(?:g<([^>]*)>|([0-7]{3}|0[0-7]?|[1-9][0-9]?)|([^]))|[^\\]+/gu;
  for (const [whole, name, digits, one] of replacement.matchAll(pieces)) {
    if (name === undefined && digits === undefined && one === undefined) parts.push(whole);
    else if (one !== undefined) parts.push(escapedCharacter(one));
    else if (digits !== undefined && /^0|^[0-7]{3}$/.test(digits)) parts.push(String.fromCharCode(parseInt(digits, 8)));
    else {
      const group = names.get(name ?? '') ?? Number(name ?? digits);
      if (!(group <= groups.length))
        throw new PatternError(`the replacement names a group that is not there: ${whole}`);
      parts.push(group);
    }
  }
  return parts;
}

function escapedCharacter(character: string): string {
  if (/[A-Za-z]/.test(character) && !'abfnrtv'.includes(character))
    throw new PatternError(`the replacement's escape \\${character} is not known`);
  return 'abfnrtv'.includes(character)
    ? (unescapePython(`\\${character}`) ?? '')
    : character === '\\'
      ? '\\'
      : `\\${character}`;
}
