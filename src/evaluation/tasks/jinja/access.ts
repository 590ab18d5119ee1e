import type { Budget } from '../python/budget.ts';
import { equal } from '../python/equal.ts';
import { repr } from '../python/repr.ts';
import { length, offsetOf, pointFrom } from '../python/text.ts';
import {
  isDict,
  isList,
  Namespace,
  PyFloat,
  PyFunction,
  PythonError,
  PyTuple,
  shortened,
  typeName,
  Undefined,
  undefinedError,
  type Call,
  type Dict,
  type Value,
} from '../python/values.ts';
import { readParameters } from './parameters.ts';
import { textMethod } from './textMethods.ts';

/** Jinja's `a.b`: a method of the type first, then the key (jinja2.Environment.getattr). */
export function attribute(object: Value, name: string, budget: Budget): Value {
  if (object instanceof Undefined) throw undefinedError(object);
  budget.look(name.length);
  const method = methodOf(object, name);
  if (method) return method;
  if (object instanceof Namespace) return orMissing(object.entries.get(name), object, name);
  return orMissing(isDict(object) ? object.get(name) : undefined, object, name);
}

/** Jinja's `a[b]`: the key or index first, then the method (jinja2.Environment.getitem). */
export function subscript(object: Value, index: Value, budget: Budget): Value {
  for (const side of [object, index]) if (side instanceof Undefined) throw undefinedError(side);
  const found = isDict(object) ? object.get(index) : itemAt(object, index, budget);
  if (found !== undefined) return found;
  const method = typeof index === 'string' ? methodOf(object, index) : undefined;
  return orMissing(method, object, index);
}

function orMissing(value: Value | undefined, object: Value, key: Value): Value {
  if (value !== undefined) return value;
  if (typeof key === 'string')
    return new Undefined(`'${typeName(object)} object' has no attribute ${repr(shortened(key))}`);
  const isPlain = key === null || typeof key !== 'object' || key instanceof PyFloat;
  return new Undefined(
    `${typeName(object)} object has no element ${isPlain ? repr(key) : `of the type ${typeName(key)}`}`,
  );
}

function itemAt(object: Value, index: Value, budget: Budget): Value | undefined {
  const position = typeof index === 'boolean' ? Number(index) : index;
  if (typeof position !== 'number') return undefined;
  if (typeof object !== 'string') return sequence(object)?.at(position);
  budget.look(Math.min(object.length, Math.abs(position)));
  return pointFrom(object, offsetOf(object, position)) || undefined;
}

function sequence(object: Value): readonly Value[] | undefined {
  if (object instanceof PyTuple) return object.items;
  return isList(object) ? object : undefined;
}

/** Python's `a[start:stop:step]`. @throws PythonError */
export function slice(object: Value, bounds: readonly (Value | undefined)[], budget: Budget): Value {
  if (object instanceof Undefined) throw undefinedError(object);
  if (typeof object === 'string') return sliceText(object, bounds.map(bound), budget);
  const items = sequence(object);
  if (items === undefined) return new Undefined(`a value of the type ${typeName(object)} cannot be sliced`);
  const picked = Array.from(numbers(items.length, bounds.map(bound), budget), (i) => items[i] ?? null);
  return object instanceof PyTuple ? new PyTuple(picked) : picked;
}

function sliceText(text: string, bounds: readonly (number | undefined)[], budget: Budget): string {
  budget.look(text.length);
  const [from, to, step] = slicing(length(text), bounds);
  if (step === 1) return text.slice(offsetOf(text, from), offsetOf(text, Math.max(from, to)));
  const points = budget.collect(text);
  return Array.from(numbers(points.length, bounds, budget), (i) => points[i] ?? '').join('');
}

function bound(value: Value | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Undefined) throw undefinedError(value);
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new PythonError(`a slice needs whole numbers and not ${typeName(value)}`);
}

/** `slice.indices`. */
function slicing(count: number, [start, stop, by]: readonly (number | undefined)[]): readonly [number, number, number] {
  const step = by ?? 1;
  if (step === 0) throw new PythonError('a slice cannot have steps of zero');
  const [low, high] = step > 0 ? [0, count] : [-1, count - 1];
  const place = (at: number): number => Math.max(low, Math.min(high, at < 0 ? at + count : at));
  const from = start === undefined ? (step > 0 ? low : high) : place(start);
  const to = stop === undefined ? (step > 0 ? high : low) : place(stop);
  return [from, to, step];
}

function numbers(count: number, bounds: readonly (number | undefined)[], budget: Budget): readonly number[] {
  const [from, to, step] = slicing(count, bounds);
  const picked = Math.max(0, Math.ceil((to - from) / step));
  budget.items(picked);
  return Array.from({ length: picked }, (_, i) => from + i * step);
}

function methodOf(object: Value, name: string): PyFunction | undefined {
  const call =
    typeof object === 'string'
      ? textMethod(object, name)
      : isDict(object)
        ? dictMethod(object, name)
        : listMethod(object, name);
  return call && new PyFunction(call);
}

function dictMethod(dict: Dict, name: string): Call | undefined {
  switch (name) {
    case 'items':
      return (_positional, _named, budget) => entriesOf(dict, budget);
    case 'keys':
      return (_positional, _named, budget) => budget.collect(dict.keys());
    case 'values':
      return (_positional, _named, budget) => budget.collect(dict.values());
    case 'copy':
      return (_positional, _named, budget) => {
        budget.items(dict.size);
        return new Map(dict);
      };
    case 'get':
      return (positional, named) => {
        const parameters = readParameters('get()', ['key', 'default'], positional, named);
        const found = dict.get(parameters.value('key'));
        if (found !== undefined) return found;
        return parameters.has('default') ? parameters.value('default') : null;
      };
    case 'clear':
    case 'pop':
    case 'popitem':
    case 'setdefault':
    case 'update':
      throw new PythonError(`${name}() would change the document`);
    default:
      return undefined;
  }
}

export function entriesOf(dict: Dict, budget: Budget): readonly PyTuple[] {
  budget.items(dict.size * 2);
  return Array.from(dict, (entry) => new PyTuple(entry));
}

function listMethod(object: Value, name: string): Call | undefined {
  const items = object instanceof PyTuple ? object.items : isList(object) ? object : undefined;
  if (items === undefined) return undefined;
  switch (name) {
    case 'index':
      return (positional, named, budget) => {
        const wanted = readParameters('index()', ['value'], positional, named).value('value');
        const at = items.findIndex((item) => equal(item, wanted, budget));
        if (at < 0) throw new PythonError(`${repr(wanted, budget)} is not in the list`);
        return at;
      };
    case 'count':
      return (positional, named, budget) => {
        const wanted = readParameters('count()', ['value'], positional, named).value('value');
        return items.filter((item) => equal(item, wanted, budget)).length;
      };
    case 'copy':
      return (_positional, _named, budget) => budget.collect(items);
    case 'append':
    case 'extend':
    case 'insert':
    case 'pop':
    case 'remove':
    case 'reverse':
    case 'sort':
    case 'clear':
      throw new PythonError(`${name}() would change a list: add lists with + instead`);
    default:
      return undefined;
  }
}
