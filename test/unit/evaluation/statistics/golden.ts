import assert from 'node:assert/strict';
import type { Aggregation, Column } from '../../../../src/evaluation/statistics/aggregations.ts';
import golden from '../../../golden/statistics/statistics.json' with { type: 'json' };

/** What the references say (test/golden/statistics/make_statistics.py). */
export const reference = golden;

export function column(name: string): Column {
  const columns: Record<string, (number | number[])[]> = golden.columns;
  const values = columns[name];
  assert.ok(values, `there is no column ${name}`);
  return asColumn(values);
}

export function asColumn(values: readonly (number | readonly number[])[]): Column {
  return values.map((value) => (typeof value === 'number' ? value : [value[0] ?? NaN, value[1] ?? NaN]));
}

export const asAggregation = (name: string): Aggregation => name as Aggregation;

/** Sums may be taken in another order, and exp differs in its last bit between libraries. */
export function assertClose(actual: number | undefined, expected: number, relative = 1e-12): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= relative * Math.abs(expected) + 1e-15,
    `${actual ?? 'nothing'} is not ${expected}`); // prettier-ignore
}

/** Zeros and ones, the same in every run. */
export function bits(length: number, seed: number, share = 0.5): number[] {
  let state = seed;
  const next = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) / 2 ** 24;
  return Array.from({ length }, () => (next() < share ? 1 : 0));
}
