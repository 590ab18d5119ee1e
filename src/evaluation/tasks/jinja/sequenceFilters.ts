import { joinTexts, type Budget } from '../python/budget.ts';
import { equal } from '../python/equal.ts';
import { str } from '../python/repr.ts';
import { isDict, otherwise, PyTuple, type Dict, type Value } from '../python/values.ts';
import { attribute, subscript } from './access.ts';
import { arithmetic, iterate, order } from './operators.ts';
import type { Parameters } from './parameters.ts';

interface Keyed {
  readonly key: Value;
  readonly item: Value;
}

/** The items with what they sort and compare by, as `attribute` and `case_sensitive` say. */
function keyed(value: Value, p: Parameters, budget: Budget): readonly Keyed[] {
  const path = p.has('attribute') ? p.value('attribute') : null;
  const cased = p.flag('case_sensitive');
  const items = iterate(value, budget);
  budget.items(items.length);
  return items.map((item) => {
    const key = path === null ? item : attributePath(item, path, budget);
    return { key: cased ? key : folded(key, budget), item };
  });
}

function folded(key: Value, budget: Budget): Value {
  if (typeof key !== 'string') return key;
  budget.look(key.length);
  return key.toLowerCase();
}

export function attributePath(item: Value, path: Value, budget: Budget): Value {
  if (typeof path !== 'string') return subscript(item, path, budget);
  budget.look(path.length);
  return path.split('.').reduce((value, name) => {
    if (/^\d+$/.test(name)) return subscript(value, Number(name), budget);
    return isDict(value) ? subscript(value, name, budget) : attribute(value, name, budget);
  }, item);
}

function inOrder(value: Value, p: Parameters, budget: Budget, reverse = false): readonly Keyed[] {
  const sign = reverse ? -1 : 1;
  return [...keyed(value, p, budget)].sort((a, b) => sign * order(a.key, b.key, budget));
}

export function sorted(value: Value, p: Parameters, budget: Budget): readonly Value[] {
  return inOrder(value, p, budget, p.flag('reverse')).map(({ item }) => item);
}

export function least(value: Value, p: Parameters, budget: Budget): Value {
  return otherwise(inOrder(value, p, budget)[0]?.item, 'the list has no least item');
}

/** The first of equals. */
export function largest(value: Value, p: Parameters, budget: Budget): Value {
  const items = inOrder(value, p, budget);
  const last = items.at(-1);
  const first = last && items.find(({ key }) => order(key, last.key, budget) === 0);
  return otherwise((first ?? last)?.item, 'the list has no greatest item');
}

export function unique(value: Value, p: Parameters, budget: Budget): Value {
  const kept: Keyed[] = [];
  for (const each of keyed(value, p, budget))
    if (!kept.some(({ key }) => equal(key, each.key, budget))) kept.push(each);
  return kept.map(({ item }) => item);
}

export function sortedEntries(dict: Dict, budget: Budget): Value {
  budget.items(dict.size);
  return Array.from(dict, (entry) => ({ key: folded(entry[0], budget), item: new PyTuple(entry) }))
    .sort((a, b) => order(a.key, b.key, budget))
    .map(({ item }) => item);
}

export function joined(value: Value, p: Parameters, budget: Budget): Value {
  const path = p.has('attribute') ? p.value('attribute') : null;
  const items = iterate(value, budget).map((item) =>
    str(path === null ? item : attributePath(item, path, budget), budget),
  );
  return joinTexts(items, p.has('d') ? str(p.value('d'), budget) : '', budget);
}

export function summed(value: Value, p: Parameters, budget: Budget): Value {
  const path = p.has('attribute') ? p.value('attribute') : null;
  const start = p.has('start') ? p.value('start') : 0;
  return iterate(value, budget).reduce<Value>(
    (sum, item) => arithmetic('+', sum, path === null ? item : attributePath(item, path, budget), budget),
    start,
  );
}
