import { joinTexts, type Budget } from '../python/budget.ts';
import { occurrences } from '../python/search.ts';
import { splitAtSpaces } from '../python/text.ts';
import { PythonError, PyTuple, typeName, type Value } from '../python/values.ts';

/** Texts taken apart and put together, as Python's methods do. */

export function replace(text: string, old: string, by: string, count: number, budget: Budget): string {
  const parts = old === '' ? ['', ...budget.collect(text), ''] : budget.collect(pieces(text, old));
  const times = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  const rest = times < parts.length - 1 ? [parts.slice(times).join(old)] : parts.slice(times);
  return joinTexts([...parts.slice(0, times), ...rest], by, budget);
}

/** What stands between the separators. */
export function* pieces(text: string, separator: string): Generator<string> {
  let start = 0;
  for (const at of occurrences(text, separator)) {
    yield text.slice(start, at);
    start = at + separator.length;
  }
  yield text.slice(start);
}

export function split(text: string, separator: string | undefined, most: number, budget: Budget): string[] {
  if (separator === undefined) return budget.collect(splitAtSpaces(text, most < 0 ? Infinity : most));
  if (separator === '') throw new PythonError('split() needs a separator that is not empty');
  const all = budget.collect(pieces(text, separator));
  if (most < 0 || all.length <= most + 1) return all;
  return [...all.slice(0, most), all.slice(most).join(separator)];
}

export function splitFromRight(text: string, separator: string | undefined, most: number, budget: Budget): string[] {
  if (most < 0) return split(text, separator, most, budget);
  if (separator === undefined) throw new PythonError('rsplit() with a number needs a separator');
  const all = split(text, separator, -1, budget);
  if (all.length <= most + 1) return all;
  const last = all.length - most;
  return [all.slice(0, last).join(separator), ...all.slice(last)];
}

export function partition(text: string, separator: string, at: number): Value {
  if (at < 0) return new PyTuple([text, '', '']);
  return new PyTuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

export function join(separator: string, items: readonly Value[], budget: Budget): string {
  const texts = items.map((item) => {
    if (typeof item === 'string') return item;
    throw new PythonError(`join() takes texts and met a value of the type ${typeName(item)}`);
  });
  return joinTexts(texts, separator, budget);
}

export function countOf(all: Iterator<unknown>): number {
  let count = 0;
  while (all.next().done !== true) count++;
  return count;
}
