import { everyItem, higherIsBetter, statistic, type Aggregation, type Column } from './aggregations.ts';
import { sameItems } from './columns.ts';
import { percentileInterval, type Interval } from './interval.ts';
import { minus, quantile, resample, type ResampleOptions } from './resample.ts';

export interface RecoveryColumns {
  readonly ported: Column;
  readonly retrained: Column;
  readonly newBase: Column;
}

export interface RecoveryOptions extends ResampleOptions {
  /** mean unless told. */
  readonly aggregation?: Aggregation | undefined;
  /** The aggregation's own direction unless told. */
  readonly higherIsBetter?: boolean | undefined;
}

/** How much of what retraining gains over the new base the ported patch gains too: 1 is all of it. */
export interface Recovery {
  readonly n: number;
  /** (ported − new base)/(retrained − new base), or undefined where retraining gains nothing. */
  readonly value: number | undefined;
  /** Undefined where the gain of retraining is not certain: the ratio then has no bounds. */
  readonly interval: Interval | undefined;
  /** Why there is no interval, or why to doubt it. */
  readonly reason: string | undefined;
  /** The denominator is so near 0, for its uncertainty, that the interval is wide and lopsided. */
  readonly unstable: boolean;
  /** Gains over the new base, positive where better, by paired bootstrap. */
  readonly portedGain: Gain;
  readonly retrainedGain: Gain;
}

export interface Gain {
  readonly value: number;
  readonly interval: Interval;
}

const NO_GAIN = 'The retrained patch is not better than the base on these items.';
const UNCERTAIN = 'Whether the retrained patch is better than the base is not certain on these items.';
const NEAR_ZERO = 'The gain of the retrained patch is small for its uncertainty, so this ratio is unstable.';

/** All three columns are resampled together, so that numerator and denominator keep what they share. */
export async function recovery(columns: RecoveryColumns, options: RecoveryOptions = {}): Promise<Recovery> {
  const { aggregation = 'mean' } = options;
  const { ported, retrained, newBase } = columns;
  const named = [
    ['the ported patch', ported],
    ['the retrained patch', retrained],
    ['the new base', newBase],
  ] as const;
  const n = sameItems(aggregation, named);
  const sign = (options.higherIsBetter ?? higherIsBetter(aggregation)) ? 1 : -1;
  const statistics = named.map(([, values]) => statistic(aggregation, values));
  const [ofPorted = NaN, ofRetrained = NaN, ofBase = NaN] = statistics.map((of) => sign * of(everyItem(n)));
  const { values, draws } = await resample(statistics, n, options);
  const [portedDraws, retrainedDraws, baseDraws] = values.map((drawn) => drawn.map((value) => sign * value));
  const [numerators, denominators] = [minus(portedDraws, baseDraws), minus(retrainedDraws, baseDraws)];
  const portedGain = { value: ofPorted - ofBase, interval: percentileInterval(numerators, draws) };
  const retrainedGain = { value: ofRetrained - ofBase, interval: percentileInterval(denominators, draws) };
  const interval = { ...retrainedGain.interval, ...ratioBounds(numerators, denominators) };
  return { n, ...judge(portedGain, retrainedGain, interval), portedGain, retrainedGain };
}

function judge(
  ported: Gain,
  retrained: Gain,
  interval: Interval,
): Pick<Recovery, 'value' | 'interval' | 'reason' | 'unstable'> {
  if (retrained.value <= 0) return { value: undefined, interval: undefined, reason: NO_GAIN, unstable: true };
  const value = ported.value / retrained.value;
  if (!Number.isFinite(interval.low) || !Number.isFinite(interval.high))
    return { value, interval: undefined, reason: UNCERTAIN, unstable: true };
  const { low, high } = retrained.interval;
  const unstable = low < (high - low) / 2;
  return { value, interval, reason: unstable ? NEAR_ZERO : undefined, unstable };
}

/**
 * Percentiles of the draws' ratios. A draw without gain bounds nothing: it counts as −∞ below and as ∞ above, so that the
 * bounds are finite only while such draws are rarer than 2.5 % (Fieller's condition that the denominator is not 0).
 */
function ratioBounds(numerators: Float64Array, denominators: Float64Array): Pick<Interval, 'low' | 'high'> {
  const ratios = (without: number): Float64Array =>
    denominators.map((gain, i) => (gain > 0 ? (numerators[i] ?? NaN) / gain : without)).sort();
  return { low: quantile(ratios(-Infinity), 0.025), high: quantile(ratios(Infinity), 0.975) };
}
