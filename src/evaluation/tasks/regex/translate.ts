import { ASCII_CLASSES, classText, point, UNICODE_CLASSES, unicodeNotWord } from './classes.ts';
import { characterEscape, literal } from './escape.ts';
import { Scanner } from '../python/scanner.ts';
import { PatternError } from './patternError.ts';

/** A Python pattern in RE2's syntax. */
export interface Translated {
  readonly source: string;
  /** RE2's number of each of the pattern's own groups, from 1. */
  readonly groups: readonly number[];
  readonly names: ReadonlyMap<string, number>;
  /** Groups that hold the newline at the very end which `$` saw past: it belongs to no match. */
  readonly newlines: readonly number[];
}

interface Flags {
  readonly ascii: boolean;
  readonly multiline: boolean;
}

interface State {
  readonly scanner: Scanner;
  readonly groups: number[];
  readonly names: Map<string, number>;
  readonly newlines: number[];
  count: number;
  flags: Flags;
  readonly outer: Flags[];
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
  };
  let source = '';
  while (!state.scanner.isDone()) source += one(state);
  if (state.outer.length > 0) throw new PatternError('a parenthesis is not closed');
  return { source, groups: state.groups, names: state.names, newlines: state.newlines };
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
      return ')';
    }
    case '$':
      if (state.flags.multiline) return '$';
      state.newlines.push(++state.count);
      return '(\\n?)\\z';
    case '{':
      return counted(scanner);
    case '*':
    case '+':
    case '?':
      return character + lazy(scanner);
    case '^':
    case '.':
    case '|':
      return character;
    default:
      return literal(character);
  }
}

function lazy(scanner: Scanner): string {
  if (scanner.peek() === '+') throw new PatternError('RE2 has no possessive repetition');
  return scanner.accept('?') ? '?' : '';
}

function counted(scanner: Scanner): string {
  const found = scanner.peek() === '}' ? undefined : scanner.match(/(\d*)(,?)(\d*)\}/y);
  if (!found) return literal('{');
  const [, least = '', comma = '', most = ''] = found;
  if (least === '' && comma === '') return literal('{') + literal('}');
  return `{${least || '0'}${comma}${most}}` + lazy(scanner);
}

function escape(state: State): string {
  const { scanner, flags } = state;
  const character = scanner.peek();
  if ('AbB'.includes(character) && character !== '') return `\\${scanner.next()}`;
  if (scanner.accept('Z')) return '\\z';
  const shorthand = classShorthand(scanner, flags);
  return shorthand === undefined ? point(characterEscape(scanner).code) : `[${shorthand}]`;
}

/** `\d` and its kind, as the inside of a class. */
function classShorthand(scanner: Scanner, { ascii }: Flags): string | undefined {
  const found = scanner.match(/[dDsSwW]/y)?.[0] as 'd' | 'D' | 's' | 'S' | 'w' | 'W' | undefined;
  if (found === undefined) return undefined;
  if (ascii) return ASCII_CLASSES[found];
  return found === 'W' ? unicodeNotWord() : UNICODE_CLASSES[found];
}

function characterClass({ scanner, flags }: State): string {
  let inside = scanner.accept('^') ? '^' : '';
  for (let first = true; first || scanner.peek() !== ']'; first = false) {
    if (scanner.isDone()) throw new PatternError('a character class is not closed');
    const low = member(scanner, flags);
    if (!/^-[^\]]/.test(scanner.text.slice(scanner.at)) || typeof low === 'string') {
      inside += typeof low === 'string' ? low : point(low);
      continue;
    }
    scanner.accept('-');
    const high = member(scanner, flags);
    if (typeof high === 'string' || high < low) throw new PatternError('a range of characters runs backwards');
    inside += classText([[low, high]]);
  }
  scanner.accept(']');
  return `[${inside}]`;
}

/** A character's code, or the inside of a class. */
function member(scanner: Scanner, flags: Flags): number | string {
  if (!scanner.accept('\\')) return scanner.next().codePointAt(0) ?? 0;
  if (scanner.accept('b')) return 8;
  return classShorthand(scanner, flags) ?? characterEscape(scanner).code;
}

function openGroup(state: State, at: number): string {
  const { scanner } = state;
  if (!scanner.accept('?')) {
    state.outer.push(state.flags);
    state.groups.push(++state.count);
    return '(';
  }
  if (scanner.match(/#[^)]*\)/y)) return '';
  const flags = scanner.match(/([aiLmsux]*)(?:-([imsx]+))?([:)])/y);
  if (flags) return flagGroup(state, flags, at);
  const named = scanner.match(/P<([A-Za-z_]\w*)>/y);
  if (named) {
    state.outer.push(state.flags);
    state.groups.push(++state.count);
    state.names.set(named[1] ?? '', state.groups.length);
    return '(';
  }
  const behind = scanner.match(/<[=!]/y);
  if (behind) {
    state.outer.push(state.flags);
    return `(?${behind[0]}`;
  }
  throw new PatternError(refusedGroup(scanner));
}

function flagGroup(state: State, [, on = '', off = '', end]: RegExpExecArray, at: number): string {
  if (/[xL]/.test(on + off)) throw new PatternError('the flags x and L are not supported');
  const before = state.flags;
  const flags = {
    ascii: on.includes('a') || (before.ascii && !on.includes('u')),
    multiline: on.includes('m') || (before.multiline && !off.includes('m')),
  };
  if (end === ')' && (at > 0 || on === ''))
    throw new PatternError('flags for the whole pattern must stand at its start');
  if (end === ':') state.outer.push(before);
  state.flags = flags;
  const kept = on.replace(/[au]/g, '') + (off === '' ? '' : `-${off}`);
  return end === ')' && kept === '' ? '' : `(?${kept}${end ?? ''}`;
}

function refusedGroup(scanner: Scanner): string {
  const next = scanner.text.slice(scanner.at);
  if (/^[=!]/.test(next)) return `RE2 has no lookahead ((?${next[0] ?? ''}…))`;
  if (next.startsWith('P=')) return 'RE2 has no back-reference ((?P=…))';
  if (next.startsWith('>')) return 'RE2 has no atomic group ((?>…))';
  if (next.startsWith('(')) return 'RE2 has no conditional group ((?(…)…))';
  return `the group (?${next.slice(0, 3)}… is not known`;
}
