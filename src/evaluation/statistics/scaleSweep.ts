import { InputError } from '../../base/errors.ts';
import { xoshiro128 } from '../../kernels/linalg/gaussian.ts';
import type { MetricValue } from '../types.ts';
import { everyItem, higherIsBetter, statistic, type Aggregation, type Column, type Statistic } from './aggregations.ts';
import { sameItems } from './columns.ts';
import { formatInteger } from './format.ts';

/** The values of the same items with the patch at one scale. */
export interface ScaleColumn {
  readonly scale: number;
  readonly values: Column;
}

export interface SweepOptions {
  /** mean unless told. */
  readonly aggregation?: Aggregation | undefined;
  /** The aggregation's own direction unless told. */
  readonly higherIsBetter?: boolean | undefined;
  /** Of the halves, 0 unless told. */
  readonly seed?: number | undefined;
}

export interface ScaleScore {
  readonly scale: number;
  readonly value: number;
}

export interface ScaleSweep {
  readonly n: number;
  /** On all items, by ascending scale. */
  readonly scores: readonly ScaleScore[];
  /** The best of them. Its value is optimistic, for it was chosen on the items that it is reported on. */
  readonly best: ScaleScore & { readonly optimistic: true };
  readonly honest: HonestScore;
}

/** A scale chosen on one half of the items and reported on the other, and the reverse. */
export interface HonestScore {
  /** The mean of the two reports. */
  readonly value: number;
  /** What each half chose, and its value on the other half. */
  readonly halves: readonly [ScaleScore, ScaleScore];
  /** Every item at the scale that the half without it chose, for comparisons in pairs. */
  readonly values: Column;
  /** "chosen on one half of the items, reported on the other, both ways averaged; n = 200, seed 0" */
  readonly text: string;
}

export function sweepScales(columns: readonly ScaleColumn[], options: SweepOptions = {}): ScaleSweep {
  const { aggregation = 'mean', seed = 0 } = options;
  const sorted = columns.toSorted((x, y) => x.scale - y.scale);
  const n = check(aggregation, sorted);
  const sign = (options.higherIsBetter ?? higherIsBetter(aggregation)) ? 1 : -1;
  const arms = sorted.map(({ scale, values }) => ({ scale, values, of: statistic(aggregation, values) }));
  const best = choose(arms, everyItem(n), sign);
  const honest = splitHalf(arms, halvesOf(n, seed), sign);
  const text = `chosen on one half of the items, reported on the other, both ways averaged; n = ${formatInteger(n)}, seed ${seed}`;
  return {
    n,
    scores: arms.map(({ scale, of }) => ({ scale, value: of(everyItem(n)) })),
    best: { scale: best.scale, value: best.of(everyItem(n)), optimistic: true },
    honest: { ...honest, text },
  };
}

interface Arm {
  readonly scale: number;
  readonly values: Column;
  readonly of: Statistic;
}

/** The best on the items; of equals the one nearest to 1, which is the patch as it was trained, then the smaller. */
function choose(arms: readonly Arm[], items: Int32Array, sign: number): Arm {
  const judged = arms.map((arm) => ({ arm, value: sign * arm.of(items), distance: distanceFromOne(arm.scale) }));
  judged.sort((x, y) => y.value - x.value || x.distance - y.distance || x.arm.scale - y.arm.scale);
  const [first] = judged;
  if (first === undefined) throw new InputError('There are no scales to choose from.');
  return first.arm;
}

/** Rounded, so that 0.6 and 1.4 are equally far. */
function distanceFromOne(scale: number): number {
  return Number(Math.abs(scale - 1).toPrecision(12));
}

function splitHalf(
  arms: readonly Arm[],
  [first, second]: readonly [Int32Array, Int32Array],
  sign: number,
): Omit<HonestScore, 'text'> {
  const [byFirst, bySecond] = [choose(arms, first, sign), choose(arms, second, sign)];
  const onSecond = { scale: byFirst.scale, value: byFirst.of(second) };
  const onFirst = { scale: bySecond.scale, value: bySecond.of(first) };
  const values: MetricValue[] = [...bySecond.values];
  for (const item of second) values[item] = byFirst.values[item] ?? NaN;
  return { value: (onSecond.value + onFirst.value) / 2, halves: [onSecond, onFirst], values };
}

/** A random half of the items and the other, which has one more where n is odd (Fisher–Yates). */
function halvesOf(n: number, seed: number): [Int32Array, Int32Array] {
  const items = everyItem(n);
  const next = xoshiro128(seed);
  for (let last = n - 1; last > 0; last--) {
    const other = Math.floor((next() / 2 ** 32) * (last + 1));
    [items[last], items[other]] = [items[other] ?? 0, items[last] ?? 0];
  }
  const half = n >> 1;
  return [items.slice(0, half).sort(), items.slice(half).sort()];
}

function check(aggregation: Aggregation, sorted: readonly ScaleColumn[]): number {
  if (sorted.length === 0) throw new InputError('There are no scales to choose from.');
  for (const [i, { scale }] of sorted.entries()) {
    if (!Number.isFinite(scale)) throw new InputError(`${scale} is no scale.`);
    if (scale === sorted[i + 1]?.scale) throw new InputError(`Scale ${scale} is there twice.`);
  }
  const n = sameItems(
    aggregation,
    sorted.map(({ scale, values }) => [`scale ${scale}`, values]),
  );
  if (n < 2) throw new InputError('A scale cannot be chosen honestly on fewer than two items.');
  return n;
}
