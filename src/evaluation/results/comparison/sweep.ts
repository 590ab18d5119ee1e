import { compareColumns, type CompareOptions } from '../../statistics/compare.ts';
import { sweepScales } from '../../statistics/scaleSweep.ts';
import type { ImportedItem } from '../importing/imported.ts';
import { notFinite, verdictOf, type Direction } from './difference.ts';
import { matchItems } from './matchItems.ts';
import type { Cell, Sweep, SweptColumns } from './types.ts';

export interface SweepInputs {
  /** Of each of the comparison's columns. */
  readonly items: readonly (readonly ImportedItem[] | undefined)[];
  readonly cells: readonly (Cell | null)[];
  readonly key: string;
  readonly reference: number | null;
}

/** Undefined where a column has no items. @throws InputError if they cannot be compared */
export async function sweepOf(
  of: number,
  { points }: SweptColumns,
  { items, cells, key, reference }: SweepInputs,
  direction: Direction,
  options: CompareOptions,
): Promise<Sweep | undefined> {
  const swept = points.map(({ column }) => items[column]);
  const known = swept.filter((each) => each !== undefined);
  if (known.length < swept.length) return undefined;
  const outside =
    reference === null || points.some(({ column }) => column === reference) ? undefined : items[reference];
  const { pairing, values } = matchItems(outside ? [...known, outside] : known, key);
  const { best, honest } = sweepScales(
    points.map(({ scale }, i) => ({ scale, values: values[i] ?? [] })),
    { ...direction, seed: options.seed },
  );
  if (![best, honest, ...honest.halves].every(({ value }) => Number.isFinite(value))) throw notFinite();
  const ofReference = outside && values.at(-1);
  const compared = ofReference && (await compareColumns(honest.values, ofReference, { ...options, ...direction }));
  return {
    of,
    pairing,
    points: points.map(({ scale, column }) => {
      const cell = cells[column];
      return { scale, value: cell?.value ?? null, stderr: cell?.stderr ?? null };
    }),
    best: { scale: best.scale, value: best.value },
    honest: { value: honest.value, halves: honest.halves, text: honest.text },
    honestDifference: compared
      ? {
          difference: compared.difference,
          interval: compared.interval,
          verdict: verdictOf(compared.difference, compared.interval, compared.table?.pValue, direction.higherIsBetter),
        }
      : null,
  };
}
