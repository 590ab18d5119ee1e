import { joinTexts, type Budget } from '../python/budget.ts';
import { str } from '../python/repr.ts';
import { length, strip } from '../python/text.ts';
import {
  isDict,
  isTrue,
  numberOf,
  otherwise,
  PythonError,
  shortened,
  typeName,
  Undefined,
  undefinedError,
  type Value,
} from '../python/values.ts';
import { PatternError } from '../../patternError.ts';
import { pythonRegex, type PythonRegex } from '../regex/pythonRegex.ts';
import { entriesOf } from './access.ts';
import { absolute, rounded, toFloat, toInteger } from './numberFilters.ts';
import { iterate } from './operators.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { attributePath, joined, largest, least, sorted, sortedEntries, summed, unique } from './sequenceFilters.ts';
import { runTest } from './tests.ts';
import { capitalize } from './textMethods.ts';
import { countOf, pieces, replace } from './textParts.ts';
import { toJson } from './toJson.ts';

type Filter = readonly [
  parameters: readonly string[],
  apply: (value: Value, parameters: Parameters, budget: Budget) => Value,
];

/** Jinja2's filters (jinja2/filters.py), without those for HTML and pages, and lm-eval's own `regex_replace`. */
const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['string', [[], (value, _p, budget) => str(value, budget)]],
  ['length', [[], lengthOf]],
  ['count', [[], lengthOf]],
  ['lower', [[], (value, _p, budget) => printed(value, budget).toLowerCase()]],
  ['upper', [[], (value, _p, budget) => printed(value, budget).toUpperCase()]],
  ['capitalize', [[], (value, _p, budget) => capitalize(printed(value, budget))]],
  ['title', [[], (value, _p, budget) => printed(value, budget).replace(/[^-\s({[<]+/g, capitalize)]],
  ['trim', [['chars'], (value, p, budget) => strip(printed(value, budget), p.text('chars', undefined))]],
  ['replace', [['old', 'new', 'count'], replaced]],
  ['regex_replace', [['pattern', 'repl', 'count'], regexReplaced]],
  ['int', [['default', 'base'], toInteger]],
  ['float', [['default'], toFloat]],
  ['abs', [[], absolute]],
  ['round', [['precision', 'method'], rounded]],
  ['list', [[], (value, _p, budget) => budget.collect(iterate(value, budget))]],
  ['first', [[], (value, _p, budget) => otherwise(iterate(value, budget)[0], 'the list has no first item')]],
  ['last', [[], (value, _p, budget) => otherwise(iterate(value, budget).at(-1), 'the list has no last item')]],
  ['reverse', [[], reversed]],
  ['join', [['d', 'attribute'], joined]],
  ['sum', [['attribute', 'start'], summed]],
  ['min', [['case_sensitive', 'attribute'], least]],
  ['max', [['case_sensitive', 'attribute'], largest]],
  ['sort', [['reverse', 'case_sensitive', 'attribute'], sorted]],
  ['unique', [['case_sensitive', 'attribute'], unique]],
  ['items', [[], (value, _p, budget) => (isDict(value) ? entriesOf(value, budget) : refuse('items', value))]],
  ['dictsort', [[], (value, _p, budget) => (isDict(value) ? sortedEntries(value, budget) : refuse('dictsort', value))]],
  ['tojson', [[], (value, _p, budget) => toJson(value, budget)]],
  ['wordcount', [[], wordCount]],
  ['indent', [['width', 'first', 'blank'], indented]],
]);

/** @throws PythonError */
export function runFilter(
  name: string,
  value: Value,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  budget: Budget,
): Value {
  if (name === 'default' || name === 'd') return withDefault(value, positional, named);
  if (value instanceof Undefined) {
    if (value.lenient) return runFilter(name, '', positional, named, budget);
    throw undefinedError(value);
  }
  if (name === 'map') return budget.nested(() => mapped(value, positional, named, budget));
  const selection = /^(select|reject)(attr)?$/.exec(name);
  if (selection) return selected(value, positional, selection[1] === 'select', selection[2] !== undefined, budget);
  const [names, apply] = FILTERS.get(name) ?? [];
  if (!names || !apply) throw new PythonError(`the filter "${name}" is not supported`);
  return apply(value, readParameters(`the filter ${name}`, names, positional, named), budget);
}

function refuse(name: string, value: Value): never {
  throw new PythonError(`the filter ${name} cannot take a value of the type ${typeName(value)}`);
}

function withDefault(value: Value, positional: readonly Value[], named: ReadonlyMap<string, Value>): Value {
  const p = readParameters('the filter default', ['default_value', 'boolean'], positional, named);
  const replaces = value instanceof Undefined || (p.flag('boolean') && !isTrue(value));
  if (!replaces) return value;
  return p.has('default_value') ? p.value('default_value') : '';
}

/** A text that is gone through, a call for every word of it maybe. */
const WORK_OF_WORDS = 4;

function printed(value: Value, budget: Budget): string {
  const text = str(value, budget);
  budget.look(text.length * WORK_OF_WORDS);
  return text;
}

function lengthOf(value: Value, _p: Parameters, budget: Budget): number {
  if (typeof value !== 'string') return iterate(value, budget).length;
  budget.look(value.length);
  return length(value);
}

function reversed(value: Value, _p: Parameters, budget: Budget): Value {
  const items = budget.collect(iterate(value, budget)).reverse();
  return typeof value === 'string' ? items.map((item) => str(item)).join('') : items;
}

function replaced(value: Value, p: Parameters, budget: Budget): Value {
  const [old, by] = [str(p.value('old'), budget), str(p.value('new'), budget)];
  return replace(printed(value, budget), old, by, p.number('count', -1), budget);
}

function regexReplaced(value: Value, p: Parameters, budget: Budget): Value {
  if (typeof value !== 'string') return refuse('regex_replace', value);
  return withPattern(p.text('pattern'), budget, (regex) =>
    regex.sub(p.text('repl'), value, p.number('count', 0), budget),
  );
}

/** Python's `\w+`. */
const WORD = /[\p{L}\p{N}_]+/gu;

function wordCount(value: Value, _p: Parameters, budget: Budget): Value {
  return countOf(printed(value, budget).matchAll(WORD));
}

function withPattern<T>(pattern: string, budget: Budget, use: (regex: PythonRegex) => T): T {
  try {
    const regex = pythonRegex(pattern);
    budget.compiled(regex.size);
    return use(regex);
  } catch (error) {
    if (error instanceof PatternError)
      throw new PythonError(`the pattern ${shortened(pattern)} cannot be used: ${error.message}`);
    throw error;
  }
}

function mapped(
  value: Value,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  budget: Budget,
): readonly Value[] {
  const items = iterate(value, budget);
  budget.items(items.length);
  const path = named.get('attribute');
  if (path !== undefined) {
    const otherwise = named.get('default');
    return items.map((item) => {
      const found = attributePath(item, path, budget);
      return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
    });
  }
  const [name, ...rest] = positional;
  if (typeof name !== 'string') throw new PythonError('the filter map needs the name of a filter or an attribute');
  return items.map((item) => budget.evaluation(() => runFilter(name, item, rest, named, budget)));
}

function selected(
  value: Value,
  positional: readonly Value[],
  keep: boolean,
  byAttribute: boolean,
  budget: Budget,
): readonly Value[] {
  const [path, ...afterPath] = byAttribute ? positional : [null, ...positional];
  const [test, ...rest] = afterPath;
  return budget.collect(iterate(value, budget)).filter((item) => {
    const tested = byAttribute && path !== undefined ? attributePath(item, path, budget) : item;
    const passes = typeof test === 'string' ? runTest(test, tested, rest, budget) : isTrue(tested);
    return passes === keep;
  });
}

const MAX_INDENT = 1000;

function indented(value: Value, p: Parameters, budget: Budget): Value {
  const width = p.has('width') ? p.value('width') : 4;
  const spaces = Math.max(0, Math.min(MAX_INDENT, numberOf(width) ?? 4));
  const space = typeof width === 'string' ? width : ' '.repeat(spaces);
  const lines = budget.collect(pieces(printed(value, budget), '\n')).flatMap((line, i) => {
    const indents = i === 0 ? p.flag('first') : line !== '' || p.flag('blank');
    return [i === 0 ? '' : '\n', indents ? space : '', line];
  });
  return joinTexts(lines, '', budget);
}
