import type { ProductShape } from './lowRank.ts';

/** Σ x², accumulated in float64. */
export function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/**
 * ‖left @ right‖_F without building the product: tr((leftᵀleft)(right rightᵀ)), float64, O(rank²·(rows + columns)).
 * Rounding can make the trace of a zero product slightly negative; that is zero.
 */
export function productNorm(left: Float32Array, right: Float32Array, { rows, rank, columns }: ProductShape): number {
  const ofLeft = gram(left, rank, rows, rank, 1);
  const ofRight = gram(right, rank, columns, 1, columns);
  let trace = 0;
  for (let i = 0; i < ofLeft.length; i++) trace += (ofLeft[i] ?? 0) * (ofRight[i] ?? 0);
  return Math.sqrt(Math.max(0, trace));
}

/** The rank × rank inner products of `rank` vectors; element t of vector i stands at t·step + i·stride. */
function gram(values: Float32Array, rank: number, length: number, step: number, stride: number): Float64Array {
  const result = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let t = 0; t < length; t++)
        sum += (values[t * step + i * stride] ?? 0) * (values[t * step + j * stride] ?? 0);
      result[i * rank + j] = sum;
      result[j * rank + i] = sum;
    }
  return result;
}
