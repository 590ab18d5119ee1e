import { ownKernels } from './lanes/ownKernels.ts';
import type { ProductShape } from './lowRank.ts';

/** Σ x², accumulated in float64. */
export function sumOfSquares(values: Float32Array | Float64Array): number {
  let sum = 0;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * (values[i] ?? 0);
  return sum;
}

/**
 * ‖left @ right‖_F without building the product: √tr((leftᵀleft)(right rightᵀ)), float64, O(rank²·(rows + columns)), in
 * src/kernels/assembly/gram.ts. Rounding can make the trace of a zero product slightly negative; that is zero.
 */
export function productNorm(left: Float32Array, right: Float32Array, { rows, rank, columns }: ProductShape): number {
  const space = 8 * (2 * rank * rank + 64 * rank + 2);
  const { kernels, buffer, places } = ownKernels([4 * left.length, 4 * right.length, space]);
  const [leftAt = 0, rightAt = 0, spaceAt = 0] = places;
  new Float32Array(buffer, leftAt, left.length).set(left);
  new Float32Array(buffer, rightAt, right.length).set(right);
  return Math.sqrt(Math.max(0, kernels.productSquares(leftAt, rightAt, rows, rank, columns, spaceAt)));
}
