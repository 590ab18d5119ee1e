import { ASCII_CLASSES, classText, point, UNICODE_CLASSES, unicodeNotWord } from './classes.ts';
import { characterEscape, literal } from './escape.ts';
import { openGroup } from './groups.ts';
import { Scanner } from '../python/scanner.ts';
import { PatternError } from '../../patternError.ts';
import { PatternSize } from './patternSize.ts';
import type { State } from './state.ts';

/** A Python pattern in RE2's syntax. */
export interface Translated {
  readonly source: string;
  /** RE2's number of each of the pattern's own groups, from 1. */
  readonly groups: readonly number[];
  readonly names: ReadonlyMap<string, number>;
  /** Groups that hold the newline at the very end which `$` saw past: it belongs to no match. */
  readonly newlines: readonly number[];
  /** About RE2's instructions. */
  readonly size: number;
}

/**
 * Python's `re` syntax (Lib/re/_parser.py, 3.11) → RE2's. What differs: `\d \s \w` are Unicode's, `$` matches before a
 * last newline, `\Z` is the end, `{,n}` has a lower bound of 0. `\b` stays ASCII's, which RE2 cannot change.
 *
 * @throws PatternError for what RE2 cannot do and for what Python refuses
 */
export function translate(pattern: string): Translated {
  const state: State = {
    scanner: new Scanner(pattern),
    groups: [],
    names: new Map(),
    newlines: [],
    count: 0,
    flags: { ascii: false, multiline: false },
    outer: [],
    size: new PatternSize(),
  };
  let source = '';
  while (!state.scanner.isDone()) source += one(state);
  if (state.outer.length > 0) throw new PatternError('a parenthesis is not closed');
  const { groups, names, newlines, size } = state;
  return { source, groups, names, newlines, size: size.total };
}

function one(state: State): string {
  const { scanner } = state;
  const at = scanner.at;
  const character = scanner.next();
  switch (character) {
    case '\\':
      return escape(state);
    case '[':
      return characterClass(state);
    case '(':
      return openGroup(state, at);
    case ')': {
      const flags = state.outer.pop();
      if (!flags) throw new PatternError('a closing parenthesis has no opening one');
      state.flags = flags;
      state.size.close();
      return ')';
    }
    case '$':
      if (state.flags.multiline) return '$';
      state.newlines.push(++state.count);
      state.size.atom();
      return '(\\n?)\\z';
    case '{':
      return counted(state);
    case '*':
    case '+':
    case '?':
      state.size.repeat(1, 1);
      return character + lazy(scanner);
    case '^':
    case '.':
    case '|':
      state.size.atom();
      return character;
    default:
      state.size.atom();
      return literal(character);
  }
}

function lazy(scanner: Scanner): string {
  if (scanner.peek() === '+') throw new PatternError('RE2 has no possessive repetition');
  return scanner.accept('?') ? '?' : '';
}

const MANY = 1_000_000;
/** How long RE2 takes to read a class of Unicode's, and one whose characters it folds one by one, in instructions. */
const SHORTHAND = 20;
const NOT_WORD = 300;
const WIDE = 1000;
const WIDE_WORK = 100;

function counted({ scanner, size }: State): string {
  const found = scanner.peek() === '}' ? undefined : scanner.match(/(\d*)(,?)(\d*)\}/y);
  if (!found) return literal('{');
  const [, least = '', comma = '', most = ''] = found;
  if (least === '' && comma === '') return literal('{') + literal('}');
  size.repeat(countOf(least), most === '' ? countOf(least) + 1 : countOf(most));
  return `{${least || '0'}${comma}${most}}` + lazy(scanner);
}

function countOf(digits: string): number {
  return Math.min(MANY, Number(digits));
}

function escape(state: State): string {
  const { scanner } = state;
  state.size.atom();
  const character = scanner.peek();
  if ('AbB'.includes(character) && character !== '') return `\\${scanner.next()}`;
  if (scanner.accept('Z')) return '\\z';
  // Outside of a class it can be negated, which is much shorter.
  if (!state.flags.ascii && scanner.accept('W')) return notClass(state, UNICODE_CLASSES.w);
  const shorthand = classShorthand(state);
  return shorthand === undefined ? point(characterEscape(scanner).code) : `[${shorthand}]`;
}

function notClass({ size }: State, inside: string): string {
  size.ranges(SHORTHAND);
  return `[^${inside}]`;
}

/** `\d` and its kind, as the inside of a class. */
function classShorthand({ scanner, flags, size }: State): string | undefined {
  const found = scanner.match(/[dDsSwW]/y)?.[0] as 'd' | 'D' | 's' | 'S' | 'w' | 'W' | undefined;
  if (found === undefined) return undefined;
  if (flags.ascii) return ASCII_CLASSES[found];
  size.ranges(found === 'W' ? NOT_WORD : SHORTHAND);
  return found === 'W' ? unicodeNotWord() : UNICODE_CLASSES[found];
}

function characterClass(state: State): string {
  const { scanner } = state;
  state.size.atom();
  let inside = scanner.accept('^') ? '^' : '';
  for (let first = true; first || scanner.peek() !== ']'; first = false) {
    if (scanner.isDone()) throw new PatternError('a character class is not closed');
    const low = member(state);
    if (!/^-[^\]]/.test(scanner.text.slice(scanner.at)) || typeof low === 'string') {
      inside += typeof low === 'string' ? low : point(low);
      continue;
    }
    scanner.accept('-');
    const high = member(state);
    if (typeof high === 'string' || high < low) throw new PatternError('a range of characters runs backwards');
    if (high - low > WIDE) state.size.ranges(WIDE_WORK);
    inside += classText([[low, high]]);
  }
  scanner.accept(']');
  return `[${inside}]`;
}

/** A character's code, or the inside of a class. */
function member(state: State): number | string {
  const { scanner } = state;
  if (!scanner.accept('\\')) return scanner.next().codePointAt(0) ?? 0;
  if (scanner.accept('b')) return 8;
  return classShorthand(state) ?? characterEscape(scanner).code;
}
