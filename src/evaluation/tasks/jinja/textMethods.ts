import { str } from '../python/repr.ts';
import { isSpace, length, points, splitAtSpaces, splitLines, strip, stripLeft, stripRight } from '../python/text.ts';
import { PythonError, PyTuple, typeName, type Value } from '../python/values.ts';
import { bounded } from './limits.ts';
import { iterate } from './operators.ts';
import { readParameters, type Parameters } from './parameters.ts';

interface Method {
  readonly parameters: readonly string[];
  readonly apply: (text: string, parameters: Parameters) => Value;
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
  replace: method(['old', 'new', 'count'], (text, p) =>
    replace(text, p.text('old'), p.text('new'), p.number('count', -1)),
  ),
  split: method(['sep', 'maxsplit'], (text, p) => split(text, p.text('sep', undefined), p.number('maxsplit', -1))),
  rsplit: method(['sep', 'maxsplit'], (text, p) =>
    splitFromRight(text, p.text('sep', undefined), p.number('maxsplit', -1)),
  ),
  splitlines: method([], splitLines),
  partition: method(['sep'], (text, p) => partition(text, p.text('sep'), text.indexOf(p.text('sep')))),
  rpartition: method(['sep'], (text, p) => partition(text, p.text('sep'), text.lastIndexOf(p.text('sep')))),
  join: method(['items'], (text, p) => join(text, iterate(p.value('items')))),
  startswith: method(['prefix'], (text, p) => affixes(p.value('prefix')).some((prefix) => text.startsWith(prefix))),
  endswith: method(['suffix'], (text, p) => affixes(p.value('suffix')).some((suffix) => text.endsWith(suffix))),
  removeprefix: method(['prefix'], (text, p) => {
    const prefix = p.text('prefix');
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  removesuffix: method(['suffix'], (text, p) => {
    const suffix = p.text('suffix');
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  }),
  find: method(['sub'], (text, p) => position(text, text.indexOf(p.text('sub')))),
  rfind: method(['sub'], (text, p) => position(text, text.lastIndexOf(p.text('sub')))),
  index: method(['sub'], (text, p) => found(position(text, text.indexOf(p.text('sub'))))),
  rindex: method(['sub'], (text, p) => found(position(text, text.lastIndexOf(p.text('sub'))))),
  count: method(['sub'], (text, p) => {
    const sub = p.text('sub');
    return sub === '' ? length(text) + 1 : text.split(sub).length - 1;
  }),
  isdigit: method([], (text) => /^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u.test(text)),
  isnumeric: method([], (text) => /^\p{N}+$/u.test(text)),
  isdecimal: method([], (text) => /^\p{Nd}+$/u.test(text)),
  isalpha: method([], (text) => /^\p{L}+$/u.test(text)),
  isalnum: method([], (text) => /^[\p{L}\p{N}]+$/u.test(text)),
  isspace: method([], (text) => text !== '' && points(text).every(isSpace)),
  isupper: method([], (text) => CASED.test(text) && text === text.toUpperCase()),
  islower: method([], (text) => CASED.test(text) && text === text.toLowerCase()),
  zfill: method(['width'], (text, p) => {
    const sign = /^[-+]/.exec(text)?.[0] ?? '';
    return sign + padding('0', p.number('width', 0) - length(text)) + text.slice(sign.length);
  }),
  ljust: method(
    ['width', 'fillchar'],
    (text, p) => text + padding(p.text('fillchar', ' '), p.number('width', 0) - length(text)),
  ),
  rjust: method(
    ['width', 'fillchar'],
    (text, p) => padding(p.text('fillchar', ' '), p.number('width', 0) - length(text)) + text,
  ),
};

function method(parameters: readonly string[], apply: Method['apply']): Method {
  return { parameters, apply };
}

/** The method of that name, or undefined where Python's `str` has none or it is not supported. */
export function textMethod(
  text: string,
  name: string,
): ((positional: readonly Value[], named: ReadonlyMap<string, Value>) => Value) | undefined {
  if (name === 'format') return (positional, named) => format(text, positional, named);
  const of = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  return of && ((positional, named) => of.apply(text, readParameters(`${name}()`, of.parameters, positional, named)));
}

export function capitalize(text: string): string {
  const [first = '', ...rest] = points(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

function title(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

export function replace(text: string, old: string, by: string, count: number): string {
  const pieces = old === '' ? ['', ...points(text), ''] : text.split(old);
  const times = count < 0 ? pieces.length - 1 : Math.min(count, pieces.length - 1);
  bounded(text.length + times * by.length);
  return (
    pieces.slice(0, times + 1).join(by) +
    pieces
      .slice(times + 1)
      .map((piece) => old + piece)
      .join('')
  );
}

function split(text: string, separator: string | undefined, most: number): string[] {
  if (separator === undefined) return splitAtSpaces(text, most < 0 ? Infinity : most);
  if (separator === '') throw new PythonError('split() needs a separator that is not empty');
  const pieces = text.split(separator);
  if (most < 0 || pieces.length <= most + 1) return pieces;
  return [...pieces.slice(0, most), pieces.slice(most).join(separator)];
}

function splitFromRight(text: string, separator: string | undefined, most: number): string[] {
  if (most < 0) return split(text, separator, most);
  if (separator === undefined) throw new PythonError('rsplit() with a number needs a separator');
  const pieces = split(text, separator, -1);
  if (pieces.length <= most + 1) return pieces;
  const last = pieces.length - most;
  return [pieces.slice(0, last).join(separator), ...pieces.slice(last)];
}

function partition(text: string, separator: string, at: number): Value {
  if (at < 0) return new PyTuple([text, '', '']);
  return new PyTuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

function join(separator: string, items: readonly Value[]): string {
  const texts = items.map((item) => {
    if (typeof item === 'string') return item;
    throw new PythonError(`join() takes texts and met a value of the type ${typeName(item)}`);
  });
  const text = texts.join(separator);
  bounded(text.length);
  return text;
}

function affixes(value: Value): readonly string[] {
  const items = value instanceof PyTuple ? value.items : [value];
  return items.filter((item) => typeof item === 'string');
}

function position(text: string, at: number): number {
  return at < 0 ? -1 : length(text.slice(0, at));
}

function found(at: number): number {
  if (at < 0) throw new PythonError('substring not found');
  return at;
}

function padding(fill: string, width: number): string {
  bounded(width);
  return fill.repeat(Math.max(0, width));
}

/** `str.format` with plain fields: {}, {0} and {name}. */
function format(text: string, positional: readonly Value[], named: ReadonlyMap<string, Value>): string {
  let next = 0;
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, field?: string) => {
    if (field === undefined) return whole.slice(1);
    if (!/^\w*$/.test(field)) throw new PythonError(`format() with the field {${field}} is not supported`);
    const value =
      field === '' ? positional[next++] : /^\d+$/.test(field) ? positional[Number(field)] : named.get(field);
    if (value === undefined) throw new PythonError(`format() lacks the value of {${field}}`);
    return str(value);
  });
}
