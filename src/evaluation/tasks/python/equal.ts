import type { Budget } from './budget.ts';
import { isDict, isList, numberOf, PyTuple, Undefined, undefinedError, type Value } from './values.ts';

/** Python's `==`. @throws PythonError for an undefined value */
export function equal(a: Value, b: Value, budget: Budget): boolean {
  for (const side of [a, b]) if (side instanceof Undefined) throw undefinedError(side);
  budget.look(2);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x === y;
  if (typeof a === 'string' && typeof b === 'string') return equalTexts(a, b, budget);
  if (a instanceof PyTuple && b instanceof PyTuple) return equalItems(a.items, b.items, budget);
  if (isDict(a) && isDict(b)) return equalEntries(a, b, budget);
  if (isList(a) && isList(b)) return equalItems(a, b, budget);
  return a === b;
}

function equalTexts(a: string, b: string, budget: Budget): boolean {
  if (a.length !== b.length) return false;
  budget.look(a.length);
  return a === b;
}

function equalItems(a: readonly Value[], b: readonly Value[], budget: Budget): boolean {
  if (a.length !== b.length) return false;
  return budget.nested(() => a.every((item, i) => equal(item, b[i] ?? null, budget)));
}

function equalEntries(a: ReadonlyMap<Value, Value>, b: ReadonlyMap<Value, Value>, budget: Budget): boolean {
  if (a.size !== b.size) return false;
  budget.items(a.size);
  return budget.nested(() =>
    Array.from(a).every(([key, value]) => b.has(key) && equal(value, b.get(key) ?? null, budget)),
  );
}
