import { formatInteger } from './format.ts';
import { quantile, type Draws } from './resample.ts';

/** A 95 % interval, with what must stand beside it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: 0.95;
  /** "95 % paired bootstrap, n = 200, 10,000 draws, seed 0" */
  readonly text: string;
}

/** Φ⁻¹(0.975) */
export const Z95 = 1.959963984540054;

/** From the 2.5th to the 97.5th percentile of the draws' values. */
export function percentileInterval(values: Float64Array, draws: Draws): Interval {
  const sorted = values.toSorted();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975), level: 0.95, text: bootstrapText(draws) };
}

function bootstrapText({ n, draws, seed }: Draws): string {
  return `95 % paired bootstrap, n = ${formatInteger(n)}, ${formatInteger(draws)} draws, seed ${seed}`;
}
