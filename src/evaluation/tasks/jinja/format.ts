import { joinTexts, type Budget } from '../python/budget.ts';
import { str } from '../python/repr.ts';
import { PythonError, shortened, type Value } from '../python/values.ts';

const FIELD = /\{\{|\}\}|\{([^{}]*)\}/g;

/** `str.format` with plain fields: {}, {0} and {name}. */
export function format(
  text: string,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  budget: Budget,
): string {
  budget.look(text.length);
  const made: string[] = [];
  let [start, next] = [0, 0];
  for (const { 0: whole, 1: field, index } of text.matchAll(FIELD)) {
    budget.items(2);
    made.push(text.slice(start, index));
    start = index + whole.length;
    if (field === undefined) made.push(whole.slice(1));
    else made.push(str(fieldValue(field, field === '' ? next++ : Number(field), positional, named), budget));
  }
  made.push(text.slice(start));
  return joinTexts(made, '', budget);
}

function fieldValue(
  field: string,
  number: number,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
): Value {
  if (!/^\w*$/.test(field)) throw new PythonError(`format() with the field {${shortened(field)}} is not supported`);
  const value = /^\d*$/.test(field) ? positional[number] : named.get(field);
  if (value === undefined) throw new PythonError(`format() lacks the value of {${shortened(field)}}`);
  return value;
}
