import { str } from '../python/repr.ts';
import { length, strip } from '../python/text.ts';
import {
  isDict,
  isTrue,
  numberOf,
  otherwise,
  PythonError,
  PyTuple,
  typeName,
  Undefined,
  undefinedError,
  type Value,
} from '../python/values.ts';
import { PatternError } from '../regex/patternError.ts';
import { pythonRegex } from '../regex/pythonRegex.ts';
import { bounded } from './limits.ts';
import { absolute, rounded, toFloat, toInteger } from './numberFilters.ts';
import { iterate } from './operators.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { attributePath, joined, largest, least, sorted, sortedEntries, summed, unique } from './sequenceFilters.ts';
import { runTest } from './tests.ts';
import { capitalize, replace } from './textMethods.ts';
import { toJson } from './toJson.ts';

type Filter = readonly [parameters: readonly string[], apply: (value: Value, parameters: Parameters) => Value];

/** Jinja2's filters (jinja2/filters.py), without those for HTML and pages, and lm-eval's own `regex_replace`. */
const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['string', [[], (value) => str(value)]],
  ['length', [[], (value) => (typeof value === 'string' ? length(value) : iterate(value).length)]],
  ['count', [[], (value) => (typeof value === 'string' ? length(value) : iterate(value).length)]],
  ['lower', [[], (value) => str(value).toLowerCase()]],
  ['upper', [[], (value) => str(value).toUpperCase()]],
  ['capitalize', [[], (value) => capitalize(str(value))]],
  ['title', [[], (value) => str(value).replace(/[^-\s({[<]+/g, capitalizeWord)]],
  ['trim', [['chars'], (value, p) => strip(str(value), p.text('chars', undefined))]],
  ['replace', [['old', 'new', 'count'], replaced]],
  ['regex_replace', [['pattern', 'repl', 'count'], regexReplaced]],
  ['int', [['default', 'base'], toInteger]],
  ['float', [['default'], toFloat]],
  ['abs', [[], absolute]],
  ['round', [['precision', 'method'], rounded]],
  ['list', [[], (value) => [...iterate(value)]]],
  ['first', [[], (value) => otherwise(iterate(value)[0], 'the list has no first item')]],
  ['last', [[], (value) => otherwise(iterate(value).at(-1), 'the list has no last item')]],
  ['reverse', [[], reversed]],
  ['join', [['d', 'attribute'], joined]],
  ['sum', [['attribute', 'start'], summed]],
  ['min', [['case_sensitive', 'attribute'], least]],
  ['max', [['case_sensitive', 'attribute'], largest]],
  ['sort', [['reverse', 'case_sensitive', 'attribute'], (value, p) => sorted(value, p)]],
  ['unique', [['case_sensitive', 'attribute'], unique]],
  [
    'items',
    [[], (value) => (isDict(value) ? Array.from(value, (entry) => new PyTuple(entry)) : refuse('items', value))],
  ],
  ['dictsort', [[], (value) => (isDict(value) ? sortedEntries(value) : refuse('dictsort', value))]],
  ['tojson', [[], (value) => toJson(value)]],
  ['wordcount', [[], (value) => pythonRegex('\\w+').findAll(str(value)).length]],
  ['indent', [['width', 'first', 'blank'], indented]],
]);

/** @throws PythonError */
export function runFilter(
  name: string,
  value: Value,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
): Value {
  if (name === 'default' || name === 'd') return withDefault(value, positional, named);
  if (value instanceof Undefined) {
    if (value.lenient) return runFilter(name, '', positional, named);
    throw undefinedError(value);
  }
  if (name === 'map') return mapped(value, positional, named);
  const selection = /^(select|reject)(attr)?$/.exec(name);
  if (selection) return selected(value, positional, selection[1] === 'select', selection[2] !== undefined);
  const [names, apply] = FILTERS.get(name) ?? [];
  if (!names || !apply) throw new PythonError(`the filter "${name}" is not supported`);
  return apply(value, readParameters(`the filter ${name}`, names, positional, named));
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

function reversed(value: Value): Value {
  const items = [...iterate(value)].reverse();
  return typeof value === 'string' ? items.map(str).join('') : items;
}

function capitalizeWord(word: string): string {
  const [first = '', ...rest] = Array.from(word);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

function replaced(value: Value, p: Parameters): Value {
  return replace(str(value), str(p.value('old')), str(p.value('new')), p.number('count', -1));
}

function regexReplaced(value: Value, p: Parameters): Value {
  if (typeof value !== 'string') return refuse('regex_replace', value);
  try {
    return pythonRegex(p.text('pattern')).sub(p.text('repl'), value, p.number('count', 0));
  } catch (error) {
    if (error instanceof PatternError)
      throw new PythonError(`the pattern ${p.text('pattern')} cannot be used: ${error.message}`);
    throw error;
  }
}

function mapped(value: Value, positional: readonly Value[], named: ReadonlyMap<string, Value>): Value {
  const path = named.get('attribute');
  if (path !== undefined) {
    const otherwise = named.get('default');
    return iterate(value).map((item) => {
      const found = attributePath(item, path);
      return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
    });
  }
  const [name, ...rest] = positional;
  if (typeof name !== 'string') throw new PythonError('the filter map needs the name of a filter or an attribute');
  return iterate(value).map((item) => runFilter(name, item, rest, named));
}

function selected(value: Value, positional: readonly Value[], keep: boolean, byAttribute: boolean): Value {
  const [path, ...afterPath] = byAttribute ? positional : [null, ...positional];
  const [test, ...rest] = afterPath;
  return iterate(value).filter((item) => {
    const tested = byAttribute && path !== undefined ? attributePath(item, path) : item;
    const passes = typeof test === 'string' ? runTest(test, tested, rest) : isTrue(tested);
    return passes === keep;
  });
}

function indented(value: Value, p: Parameters): Value {
  const text = str(value);
  const width = p.has('width') ? p.value('width') : 4;
  const space = typeof width === 'string' ? width : ' '.repeat(Math.min(1000, numberOf(width) ?? 4));
  const lines = text.split('\n').map((line, i) => {
    const indents = i === 0 ? p.flag('first') : line !== '' || p.flag('blank');
    return indents ? space + line : line;
  });
  const made = lines.join('\n');
  bounded(made.length);
  return made;
}
