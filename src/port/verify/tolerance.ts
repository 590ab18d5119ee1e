import type { Delta } from '../../patch/delta.ts';
import type { Dtype, FloatDtype } from '../../safetensors/dtypes.ts';

/** How two computations of one tensor differ. */
export interface Difference {
  elements: number;
  /** Elements that are not the same number. */
  different: number;
  /** Elements that differ by more than two orders of summation can explain. */
  unexplained: number;
}

/** Unit roundoff of float32. */
const EPSILON = 2 ** -24;
/** Distance between neighbours, relative to the number, and the smallest there is. */
const SPACING: Record<FloatDtype, readonly [relative: number, least: number]> = {
  F32: [2 ** -23, 2 ** -149],
  F16: [2 ** -10, 2 ** -24],
  BF16: [2 ** -7, 2 ** -133],
};
/** Near-ties fall either way: this share of 16-bit elements may differ at all (software WebGPU: 2 in 92,160). */
const TOLERATED_SHARE = 1e-3;

/**
 * Compares rows [row, …) of W + Δ as computed now and as written. W is the same for both, so they differ by Δ's own bound
 * and by rounding: of the sum to float32, and of that to the dtype.
 */
export function compareRows(
  delta: Delta,
  row: number,
  expected: Float32Array,
  actual: Float32Array,
  dtype: FloatDtype,
  totals: Difference,
): void {
  const { columns } = delta;
  const [relative, least] = SPACING[dtype];
  for (let i = 0; i < expected.length; i++) {
    const [want, have] = [expected[i] ?? 0, actual[i] ?? 0];
    if (want === have || (Number.isNaN(want) && Number.isNaN(have))) continue;
    totals.different++;
    const spacing = Math.max(Math.abs(want), Math.abs(have)) * relative + least;
    const sum = 2 * EPSILON * Math.abs(want);
    const product = delta.bound(row + Math.floor(i / columns), i % columns);
    if (!(Math.abs(want - have) <= product + sum + spacing)) totals.unexplained++;
  }
  totals.elements += expected.length;
}

/** Compares FP8 codes: neighbours are one apart, and near-ties fall either way. */
export function compareCodes(expected: Uint8Array, actual: Uint8Array, totals: Difference): void {
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs((expected[i] ?? 0) - (actual[i] ?? 0));
    if (apart > 0) totals.different++;
    if (apart > 1) totals.unexplained++;
  }
  totals.elements += expected.length;
}

/** Whether two computations agree: no element is unexplained, and in 16 bits nearly all are the same. */
export function agree({ elements, different, unexplained }: Difference, dtype: Dtype): boolean {
  return unexplained === 0 && (dtype === 'F32' || different <= Math.max(4, elements * TOLERATED_SHARE));
}
