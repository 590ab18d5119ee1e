import { str } from '../python/repr.ts';
import { equal, isDict, otherwise, PyTuple, type Dict, type Value } from '../python/values.ts';
import { attribute, subscript } from './access.ts';
import { bounded } from './limits.ts';
import { arithmetic, iterate, order } from './operators.ts';
import type { Parameters } from './parameters.ts';

/** A key that sorts and compares as `attribute` and `case_sensitive` say. */
function keyOf(p: Parameters): (item: Value) => Value {
  const path = p.has('attribute') ? p.value('attribute') : null;
  const cased = p.flag('case_sensitive');
  return (item) => {
    const value = path === null ? item : attributePath(item, path);
    return typeof value === 'string' && !cased ? value.toLowerCase() : value;
  };
}

export function attributePath(item: Value, path: Value): Value {
  if (typeof path !== 'string') return subscript(item, path);
  return path.split('.').reduce((value, name) => {
    if (/^\d+$/.test(name)) return subscript(value, Number(name));
    return isDict(value) ? subscript(value, name) : attribute(value, name);
  }, item);
}

export function sorted(value: Value, p: Parameters): readonly Value[] {
  const key = keyOf(p);
  const items = [...iterate(value)].sort((a, b) => order(key(a), key(b)));
  return p.flag('reverse') ? [...iterate(value)].sort((a, b) => order(key(b), key(a))) : items;
}

export function least(value: Value, p: Parameters): Value {
  return otherwise(sorted(value, p)[0], 'the list has no least item');
}

export function largest(value: Value, p: Parameters): Value {
  const [items, key] = [sorted(value, p), keyOf(p)];
  const last = otherwise(items.at(-1), 'the list has no greatest item');
  return items.find((item) => order(key(item), key(last)) === 0) ?? last;
}

export function unique(value: Value, p: Parameters): Value {
  const key = keyOf(p);
  const kept: Value[] = [];
  for (const item of iterate(value)) if (!kept.some((other) => equal(key(other), key(item)))) kept.push(item);
  return kept;
}

export function sortedEntries(dict: Dict): Value {
  const folded = (key: Value): Value => (typeof key === 'string' ? key.toLowerCase() : key);
  return Array.from(dict, (entry) => new PyTuple(entry)).sort((a, b) =>
    order(folded(a.items[0] ?? null), folded(b.items[0] ?? null)),
  );
}

export function joined(value: Value, p: Parameters): Value {
  const path = p.has('attribute') ? p.value('attribute') : null;
  const items = iterate(value).map((item) => str(path === null ? item : attributePath(item, path)));
  const text = items.join(p.has('d') ? str(p.value('d')) : '');
  bounded(text.length);
  return text;
}

export function summed(value: Value, p: Parameters): Value {
  const path = p.has('attribute') ? p.value('attribute') : null;
  const start = p.has('start') ? p.value('start') : 0;
  return iterate(value).reduce<Value>(
    (sum, item) => arithmetic('+', sum, path === null ? item : attributePath(item, path)),
    start,
  );
}
