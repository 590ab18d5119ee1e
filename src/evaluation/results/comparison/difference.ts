import { InputError } from '../../../base/errors.ts';
import type { Aggregation } from '../../statistics/aggregations.ts';
import { compareColumns, type CompareOptions } from '../../statistics/compare.ts';
import { holm } from '../../statistics/holm.ts';
import type { Interval } from '../../statistics/interval.ts';
import type { ImportedItem } from '../importing/imported.ts';
import { groupBy } from './groups.ts';
import type { Matched } from './matchItems.ts';
import type { Difference, Flip, TaskComparison, Verdict } from './types.ts';

const LEVEL = 0.05;

export interface Direction {
  readonly aggregation: Aggregation;
  readonly higherIsBetter: boolean;
}

/** Two columns' shared items; the p is not corrected yet. @throws InputError if they cannot be compared */
export async function differenceOf(
  [column, against]: readonly [number, number],
  { pairing, items, values }: Matched,
  { aggregation, higherIsBetter }: Direction,
  options: CompareOptions,
): Promise<Difference> {
  const [a = [], b = []] = values;
  const { difference, interval, standardError, table, note } = await compareColumns(a, b, { ...options, aggregation });
  if (![difference, standardError, interval.low, interval.high].every(Number.isFinite)) throw notFinite();
  const named = (places: readonly number[]): Flip[] =>
    places.flatMap((place) => flipOf(items[0]?.[place], items[1]?.[place]));
  return {
    ...{ column, against, pairing, difference, interval, standardError },
    test: table ? { p: table.pValue, corrected: table.pValue, tests: 1, text: table.test } : null,
    verdict: verdictOf(difference, interval, table?.pValue, higherIsBetter),
    flips: table ? { gained: named(table.gained), lost: named(table.lost) } : null,
    note: note ?? null,
  };
}

export function notFinite(): InputError {
  return new InputError('The numbers grow beyond all bounds: they cannot be compared.');
}

function flipOf(item: ImportedItem | undefined, other: ImportedItem | undefined): Flip[] {
  return item && other ? [{ docId: item.docId, againstDocId: other.docId, excerpt: item.excerpt }] : [];
}

/** @param p where there is one, it decides */
export function verdictOf(
  difference: number,
  { low, high }: Pick<Interval, 'low' | 'high'>,
  p: number | undefined,
  higherIsBetter: boolean,
): Verdict {
  const certain = p === undefined ? low > 0 || high < 0 : p < LEVEL;
  if (!certain || difference === 0) return 'no difference shown';
  return difference > 0 === higherIsBetter ? 'better' : 'worse';
}

/** Holm's correction over the tests of each two columns, task by task. */
export function withCorrection(tables: readonly TaskComparison[]): TaskComparison[] {
  const corrected = new Map<Difference, Difference>();
  const tested = tables.flatMap((table) =>
    table.differences.flatMap((difference) => (difference.test ? [{ difference, test: difference.test, table }] : [])),
  );
  const families = groupBy(tested, ({ difference: { column, against } }) => `${column} ${against}`);
  for (const [, family] of families) {
    const adjusted = holm(family.map(({ test }) => test.p));
    for (const [i, { difference, test, table }] of family.entries()) {
      const p = adjusted[i] ?? test.p;
      const verdict = verdictOf(difference.difference, difference.interval, p, table.higherIsBetter ?? true);
      corrected.set(difference, { ...difference, test: { ...test, corrected: p, tests: family.length }, verdict });
    }
  }
  return tables.map((table) => ({
    ...table,
    differences: table.differences.map((difference) => corrected.get(difference) ?? difference),
  }));
}
