import { repr, str } from '../python/repr.ts';
import { points } from '../python/text.ts';
import {
  equal,
  isDict,
  isList,
  Namespace,
  otherwise,
  PyFunction,
  PythonError,
  PyTuple,
  typeName,
  Undefined,
  undefinedError,
  type Dict,
  type Value,
} from '../python/values.ts';
import { readParameters } from './parameters.ts';
import { textMethod } from './textMethods.ts';

/** Jinja's `a.b`: a method of the type first, then the key (jinja2.Environment.getattr). */
export function attribute(object: Value, name: string): Value {
  if (object instanceof Undefined) throw undefinedError(object);
  const method = methodOf(object, name);
  if (method) return method;
  if (object instanceof Namespace) return orMissing(object.entries.get(name), object, name);
  return orMissing(isDict(object) ? object.get(name) : undefined, object, name);
}

/** Jinja's `a[b]`: the key or index first, then the method (jinja2.Environment.getitem). */
export function subscript(object: Value, index: Value): Value {
  for (const side of [object, index]) if (side instanceof Undefined) throw undefinedError(side);
  const found = isDict(object) ? object.get(index) : itemAt(object, index);
  if (found !== undefined) return found;
  const method = typeof index === 'string' ? methodOf(object, index) : undefined;
  return orMissing(method, object, index);
}

function orMissing(value: Value | undefined, object: Value, key: Value): Value {
  if (typeof key === 'string') return otherwise(value, `'${typeName(object)} object' has no attribute ${repr(key)}`);
  return otherwise(value, `${typeName(object)} object has no element ${repr(key)}`);
}

function itemAt(object: Value, index: Value): Value | undefined {
  const position = typeof index === 'boolean' ? Number(index) : index;
  if (typeof position !== 'number') return undefined;
  const items = sequence(object);
  return items?.at(position);
}

function sequence(object: Value): readonly Value[] | undefined {
  if (typeof object === 'string') return points(object);
  if (object instanceof PyTuple) return object.items;
  return isList(object) ? object : undefined;
}

/** Python's `a[start:stop:step]`. @throws PythonError */
export function slice(object: Value, bounds: readonly (Value | undefined)[]): Value {
  if (object instanceof Undefined) throw undefinedError(object);
  const items = sequence(object);
  if (items === undefined) return new Undefined(`a value of the type ${typeName(object)} cannot be sliced`);
  const [start, stop, step] = bounds.map(bound);
  const picked = pick(items, start, stop, step ?? 1);
  if (typeof object === 'string') return picked.map(str).join('');
  return object instanceof PyTuple ? new PyTuple(picked) : picked;
}

function bound(value: Value | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Undefined) throw undefinedError(value);
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new PythonError(`a slice needs whole numbers and not ${typeName(value)}`);
}

/** `slice.indices`. */
function pick(items: readonly Value[], start: number | undefined, stop: number | undefined, step: number): Value[] {
  if (step === 0) throw new PythonError('a slice cannot have steps of zero');
  const [low, high] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const place = (at: number): number => Math.max(low, Math.min(high, at < 0 ? at + items.length : at));
  const from = start === undefined ? (step > 0 ? low : high) : place(start);
  const to = stop === undefined ? (step > 0 ? high : low) : place(stop);
  const picked: Value[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) picked.push(items[i] ?? null);
  return picked;
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

type Method = PyFunction['call'];

function dictMethod(dict: Dict, name: string): Method | undefined {
  switch (name) {
    case 'items':
      return () => Array.from(dict, ([key, value]) => new PyTuple([key, value]));
    case 'keys':
      return () => Array.from(dict.keys());
    case 'values':
      return () => Array.from(dict.values());
    case 'copy':
      return () => new Map(dict);
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

function listMethod(object: Value, name: string): Method | undefined {
  const items = object instanceof PyTuple ? object.items : isList(object) ? object : undefined;
  if (items === undefined) return undefined;
  switch (name) {
    case 'index':
      return (positional, named) => {
        const wanted = readParameters('index()', ['value'], positional, named).value('value');
        const at = items.findIndex((item) => equal(item, wanted));
        if (at < 0) throw new PythonError(`${repr(wanted)} is not in the list ${repr(items)}`);
        return at;
      };
    case 'count':
      return (positional, named) => {
        const wanted = readParameters('count()', ['value'], positional, named).value('value');
        return items.filter((item) => equal(item, wanted)).length;
      };
    case 'copy':
      return () => [...items];
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
