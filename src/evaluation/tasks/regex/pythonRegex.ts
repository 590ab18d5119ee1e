import { RE2JS } from 're2js';
import { unescapePython } from '../python/escapes.ts';
import { PatternError } from '../../patternError.ts';
import { PatternClock, type PatternLimits } from './patternClock.ts';
import { translate, type Translated } from './translate.ts';

/** A pattern in Python's syntax, matched by RE2 in time linear in the text, whatever strangers write in it. */
export interface PythonRegex {
  /** `re.findall`: of every match its whole text, or the texts of its groups, empty where one took no part. */
  findAll(text: string, limits?: PatternLimits): (string | readonly string[])[];
  /** `re.sub`; the replacement knows `\1`, `\g<1>` and `\g<name>`. @param count 0 for all */
  sub(replacement: string, text: string, count?: number, limits?: PatternLimits): string;
  /** About its instructions in RE2. */
  readonly size: number;
}

interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole, then the groups. */
  readonly groups: readonly (string | undefined)[];
}

/** Of a pattern and of a replacement. */
const MAX_LENGTH = 4000;
const MAX_FOUND = 100_000;
/** RE2's syntax says at length what Python's says in a letter. */
const MAX_TRANSLATED = 64_000;
/** Together. */
const MAX_KEPT_SIZE = 20_000;
const kept = new Map<string, PythonRegex>();
let keptSize = 0;

/** @throws PatternError with the reason, as the end of a sentence */
export function pythonRegex(pattern: string): PythonRegex {
  let regex = kept.get(pattern);
  if (regex === undefined) {
    regex = compile(pattern);
    keep(pattern, regex);
  }
  return regex;
}

function keep(pattern: string, regex: PythonRegex): void {
  keptSize += regex.size;
  if (keptSize > MAX_KEPT_SIZE) {
    kept.clear();
    keptSize = regex.size;
  }
  kept.set(pattern, regex);
}

function compile(pattern: string): PythonRegex {
  if (pattern.length > MAX_LENGTH) throw new PatternError(`it is longer than ${MAX_LENGTH} characters`);
  const translated = translate(pattern);
  if (translated.source.length > MAX_TRANSLATED) throw new PatternError('it is too large, written out for RE2');
  const compiled = compileRe2(translated.source);
  const groups = translated.groups.length;
  return {
    size: translated.size,
    findAll: (text, limits = new PatternClock()) =>
      Array.from(matches(compiled, translated, text, limits), ({ groups: [whole = '', ...own] }) => {
        if (groups === 0) return whole;
        return groups === 1 ? (own[0] ?? '') : own.map((group) => group ?? '');
      }),
    sub: (replacement, text, count = 0, limits = new PatternClock()) => {
      const template = readTemplate(replacement, translated);
      let [result, at, done] = ['', 0, 0];
      for (const match of matches(compiled, translated, text, limits)) {
        if (count > 0 && done++ >= count) break;
        const parts = template.map((part) => partText(part, match));
        const added = parts.reduce((sum, { length }) => sum + length, match.start - at);
        limits.grows?.(added, result.length + added);
        result += text.slice(at, match.start) + parts.join('');
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
function* matches(compiled: RE2JS, translated: Translated, text: string, limits: PatternLimits): Generator<Match> {
  const instructions = compiled.programSize();
  limits.read(text.length, instructions);
  const matcher = compiled.matcher(text);
  let [emptyAt, found] = [-1, 0];
  for (let at = 0; at <= text.length;) {
    limits.readOn(text.length - at, instructions);
    if (!matcher.find(at)) return;
    const newline = translated.newlines.some((group) => (matcher.group(group) ?? '') !== '') ? 1 : 0;
    const [start, end] = [matcher.start(), matcher.end() - newline];
    if (start === end && start === emptyAt) {
      at = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      continue;
    }
    if (++found > MAX_FOUND) throw new PatternError(`it is found more than ${MAX_FOUND} times`);
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
  if (replacement.length > MAX_LENGTH)
    throw new PatternError(`the replacement is longer than ${MAX_LENGTH} characters`);
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
