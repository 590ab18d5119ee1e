import type { Budget } from '../python/budget.ts';
import { firstOccurrence, lastOccurrence, occurrences } from '../python/search.ts';
import { isSpace, length, pointFrom, splitLines, strip, stripLeft, stripRight } from '../python/text.ts';
import { PythonError, PyTuple, type Call, type Value } from '../python/values.ts';
import { format } from './format.ts';
import { iterate } from './operators.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { countOf, join, partition, replace, split, splitFromRight } from './textParts.ts';

interface Method {
  readonly parameters: readonly string[];
  readonly apply: (text: string, parameters: Parameters, budget: Budget) => Value;
}

const CASED = /\p{Lu}|\p{Ll}|\p{Lt}/u;

/** Python's methods of `str` that need no locale and no codec, by code points. */
const METHODS: Readonly<Record<string, Method>> = {
  strip: method(['chars'], (text, p) => strip(text, p.text('chars', undefined))),
  lstrip: method(['chars'], (text, p) => stripLeft(text, p.text('chars', undefined))),
  rstrip: method(['chars'], (text, p) => stripRight(text, p.text('chars', undefined))),
  lower: method([], (text) => text.toLowerCase()),
  casefold: method([], (text) => text.toLowerCase().replaceAll('ß', 'ss')),
  upper: method([], (text) => text.toUpperCase()),
  capitalize: method([], capitalize),
  title: method([], title),
  swapcase: method([], (text) =>
    text.replace(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())),
  ),
  replace: method(['old', 'new', 'count'], (text, p, budget) =>
    replace(text, p.text('old'), p.text('new'), p.number('count', -1), budget),
  ),
  split: method(['sep', 'maxsplit'], (text, p, budget) =>
    split(text, p.text('sep', undefined), p.number('maxsplit', -1), budget),
  ),
  rsplit: method(['sep', 'maxsplit'], (text, p, budget) =>
    splitFromRight(text, p.text('sep', undefined), p.number('maxsplit', -1), budget),
  ),
  splitlines: method([], (text, _p, budget) => budget.collect(splitLines(text))),
  partition: method(['sep'], (text, p) => partition(text, separator(p), firstOccurrence(text, separator(p)))),
  rpartition: method(['sep'], (text, p) => partition(text, separator(p), lastOccurrence(text, separator(p)))),
  join: method(['items'], (text, p, budget) => join(text, iterate(p.value('items'), budget), budget)),
  startswith: method(['prefix'], (text, p, budget) =>
    affixes(p.value('prefix'), budget).some((prefix) => text.startsWith(prefix)),
  ),
  endswith: method(['suffix'], (text, p, budget) =>
    affixes(p.value('suffix'), budget).some((suffix) => text.endsWith(suffix)),
  ),
  removeprefix: method(['prefix'], (text, p) => {
    const prefix = p.text('prefix');
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  removesuffix: method(['suffix'], (text, p) => {
    const suffix = p.text('suffix');
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  }),
  find: method(['sub'], (text, p) => position(text, firstOccurrence(text, p.text('sub')))),
  rfind: method(['sub'], (text, p) => position(text, lastOccurrence(text, p.text('sub')))),
  index: method(['sub'], (text, p) => found(position(text, firstOccurrence(text, p.text('sub'))))),
  rindex: method(['sub'], (text, p) => found(position(text, lastOccurrence(text, p.text('sub'))))),
  count: method(['sub'], (text, p) => {
    const sub = p.text('sub');
    return sub === '' ? length(text) + 1 : countOf(occurrences(text, sub));
  }),
  isdigit: method([], (text) => /^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u.test(text)),
  isnumeric: method([], (text) => /^\p{N}+$/u.test(text)),
  isdecimal: method([], (text) => /^\p{Nd}+$/u.test(text)),
  isalpha: method([], (text) => /^\p{L}+$/u.test(text)),
  isalnum: method([], (text) => /^[\p{L}\p{N}]+$/u.test(text)),
  isspace: method([], (text) => text !== '' && Array.from(text).every(isSpace)),
  isupper: method([], (text) => CASED.test(text) && text === text.toUpperCase()),
  islower: method([], (text) => CASED.test(text) && text === text.toLowerCase()),
  zfill: method(['width'], (text, p, budget) => {
    const sign = /^[-+]/.exec(text)?.[0] ?? '';
    return sign + padding(text, '0', p, budget) + text.slice(sign.length);
  }),
  ljust: method(['width', 'fillchar'], (text, p, budget) => text + padding(text, fill(p), p, budget)),
  rjust: method(['width', 'fillchar'], (text, p, budget) => padding(text, fill(p), p, budget) + text),
};

function method(parameters: readonly string[], apply: Method['apply']): Method {
  return { parameters, apply };
}

/** Looking at a character may be a call for each. */
const WORK = 4;

/** The method of that name, or undefined where Python's `str` has none or it is not supported. */
export function textMethod(text: string, name: string): Call | undefined {
  if (name === 'format') return (positional, named, budget) => format(text, positional, named, budget);
  const of = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  return (
    of &&
    ((positional, named, budget) => {
      const texts = [text, ...positional, ...named.values()].filter((each) => typeof each === 'string');
      budget.look(WORK * texts.reduce((sum, each) => sum + each.length, 0));
      return of.apply(text, readParameters(`${name}()`, of.parameters, positional, named), budget);
    })
  );
}

export function capitalize(text: string): string {
  const first = pointFrom(text, 0);
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

function title(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

function separator(p: Parameters): string {
  const given = p.text('sep');
  if (given === '') throw new PythonError('partition() needs a separator that is not empty');
  return given;
}

function affixes(value: Value, budget: Budget): readonly string[] {
  const items = value instanceof PyTuple ? value.items : [value];
  const texts = items.filter((item) => typeof item === 'string');
  budget.look(texts.reduce((sum, { length }) => sum + length, items.length));
  return texts;
}

function position(text: string, at: number): number {
  return at < 0 ? -1 : length(text.slice(0, at));
}

function found(at: number): number {
  if (at < 0) throw new PythonError('substring not found');
  return at;
}

function fill(p: Parameters): string {
  const given = p.text('fillchar', ' ');
  if (length(given) !== 1) throw new PythonError('the fill character must be one character');
  return given;
}

/** What the text lacks. */
function padding(text: string, fill: string, p: Parameters, budget: Budget): string {
  const missing = Math.max(0, p.number('width', 0) - length(text));
  budget.text(text.length + missing * fill.length);
  return fill.repeat(missing);
}
