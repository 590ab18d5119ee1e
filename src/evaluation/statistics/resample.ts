import { yieldToEvents } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { xoshiro128 } from '../../kernels/linalg/gaussian.ts';
import type { Statistic } from './aggregations.ts';

export interface ResampleOptions {
  /** 10,000 unless told. */
  readonly draws?: number | undefined;
  /** 0 unless told. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the draws were, for whoever shows their result. */
export interface Draws {
  readonly n: number;
  readonly draws: number;
  readonly seed: number;
}

const NEVER = new AbortController().signal;
/** Of which the 2.5th percentile is not yet the smallest. */
const FEWEST_DRAWS = 100;
/** Items drawn between two looks at the events: some 10 ms. */
const PACE = 2 ** 20;

/** The values of several statistics in the same draws: values[s][draw]. */
export interface Resampled {
  readonly values: readonly Float64Array[];
  readonly draws: Draws;
}

/**
 * The paired bootstrap: n items are drawn with replacement, and one draw serves all columns, so that what the columns
 * share stays shared (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993).
 */
export async function resample(
  statistics: readonly Statistic[],
  n: number,
  { draws = 10_000, seed = 0, signal }: ResampleOptions,
): Promise<Resampled> {
  if (!Number.isInteger(draws) || draws < FEWEST_DRAWS)
    throw new InputError(`A bootstrap of ${draws} draws has no percentiles.`, `Take at least ${FEWEST_DRAWS}.`);
  const next = xoshiro128(seed);
  const random = (): number => next() / 2 ** 32;
  const values = statistics.map(() => new Float64Array(draws));
  const items = new Int32Array(n);
  await paced(draws, n * statistics.length, signal, (draw) => {
    drawItems(items, random);
    for (const [i, statistic] of statistics.entries()) (values[i] ?? items)[draw] = statistic(items);
  });
  return { values, draws: { n, draws, seed } };
}

/** x − y, draw by draw. */
export function minus(x: Float64Array = new Float64Array(), y: Float64Array = new Float64Array()): Float64Array {
  return x.map((value, i) => value - (y[i] ?? NaN));
}

/** Fills with ⌊u·n⌋, u uniform in [0, 1), as CPython's random.choices does. */
export function drawItems(items: Int32Array, random: () => number): void {
  const n = items.length;
  for (let i = 0; i < n; i++) items[i] = Math.floor(random() * n);
}

/** Calls `step` so many times and lets events in from time to time, a cancel message among them. */
export async function paced(
  times: number,
  itemsEach: number,
  signal: AbortSignal | undefined,
  step: (i: number) => void,
): Promise<void> {
  const between = Math.max(1, Math.floor(PACE / itemsEach));
  for (let i = 0; i < times; i++) {
    if (i % between === 0) await yieldToEvents(signal ?? NEVER);
    step(i);
  }
}

/** Of sorted values, between neighbours in proportion: numpy.quantile's default ("linear"). */
export function quantile(sorted: Float64Array, probability: number): number {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low === high ? low : low + (high - low) * (place - below);
}

/** √(Σ(x − x̄)²/(n − 1)): lm-eval's sample_stddev (lm_eval/api/metrics.py), with its plain sums. */
export function sampleDeviation(values: Float64Array | readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return Math.sqrt(squares / (values.length - 1));
}
