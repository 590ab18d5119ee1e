import { InputError } from '../../base/errors.ts';
import type { Aggregation, Column } from './aggregations.ts';

type NamedColumns = readonly (readonly [name: string, values: Column])[];

/** Where every item's pair has what belongs to the item and not to the answer: its gold label, its weight. */
const SHARED_PLACE: Partial<Record<Aggregation, 0 | 1>> = {
  f1: 0,
  matthews_corrcoef: 0,
  weighted_perplexity: 1,
  bits_per_byte: 1,
};

/** Refuses columns that cannot be answers to the same items. @returns how many items there are */
export function sameItems(aggregation: Aggregation, columns: NamedColumns): number {
  const [[firstName, first] = ['', []], ...others] = columns;
  if (first.length === 0) throw new InputError(`There are no items of ${firstName} to compare.`);
  for (const [name, values] of columns) checkFinite(name, values);
  for (const [name, values] of others) {
    if (values.length !== first.length)
      throw new InputError(
        `${firstName} has ${first.length} items and ${name} has ${values.length}: they cannot be compared in pairs.`,
        'Match the items by the hashes of their documents first.',
      );
    const place = SHARED_PLACE[aggregation];
    if (place !== undefined) checkShared(place, [firstName, first], [name, values]);
  }
  return first.length;
}

function checkFinite(name: string, values: Column): void {
  const item = values.findIndex((value) => ![value].flat().every(Number.isFinite));
  if (item < 0) return;
  throw new InputError(`Item ${item} of ${name} is ${String(values[item])}: only finite numbers can be compared.`);
}

function checkShared(
  place: 0 | 1,
  [firstName, first]: NamedColumns[number],
  [name, values]: NamedColumns[number],
): void {
  const what = place === 0 ? 'gold label' : 'weight';
  for (const [item, value] of values.entries()) {
    const reference = first[item];
    if (typeof value === 'number' || reference === undefined || typeof reference === 'number') continue;
    if (value[place] === reference[place]) continue;
    throw new InputError(
      `Item ${item} has the ${what} ${reference[place]} in ${firstName} and ${value[place]} in ${name}: not the same item.`,
      'Match the items by the hashes of their documents first.',
    );
  }
}
