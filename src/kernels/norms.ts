import type { ProductShape } from './lowRank.ts';

/** Σ x², accumulated in float64. */
export function sumOfSquares(values: Float32Array | Float64Array): number {
  let sum = 0;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * (values[i] ?? 0);
  return sum;
}

/**
 * ‖left @ right‖_F without building the product: tr((leftᵀleft)(right rightᵀ)), float64, O(rank²·(rows + columns)).
 * Rounding can make the trace of a zero product slightly negative; that is zero.
 */
export function productNorm(left: Float32Array, right: Float32Array, { rows, rank, columns }: ProductShape): number {
  const ofLeft = gramOfColumns(left, rows, rank);
  const ofRight = gramOfRows(right, rank, columns);
  let trace = 0;
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++)
      trace += (i === j ? 1 : 2) * (ofLeft[i * rank + j] ?? 0) * (ofRight[i * rank + j] ?? 0);
  return Math.sqrt(Math.max(0, trace));
}

/** matrixᵀ @ matrix of [rows, rank], its lower triangle: outer products of the rows, so that memory is read in order. */
function gramOfColumns(matrix: Float32Array, rows: number, rank: number): Float64Array {
  const result = new Float64Array(rank * rank);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < rank; i++) {
      const value = matrix[row * rank + i] ?? 0;
      for (let j = 0; j <= i; j++)
        result[i * rank + j] = (result[i * rank + j] ?? 0) + value * (matrix[row * rank + j] ?? 0);
    }
  return result;
}

/** matrix @ matrixᵀ of [rank, columns], its lower triangle. */
function gramOfRows(matrix: Float32Array, rank: number, columns: number): Float64Array {
  const result = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let t = 0; t < columns; t++) sum += (matrix[i * columns + t] ?? 0) * (matrix[j * columns + t] ?? 0);
      result[i * rank + j] = sum;
    }
  return result;
}
