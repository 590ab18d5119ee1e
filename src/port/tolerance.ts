import { sumOfSquares } from '../kernels/norms.ts';
import type { FloatDtype } from '../safetensors/dtypes.ts';
import type { Factors } from './factors.ts';

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
 * The bound on |Δ₁ − Δ₂| for two float32 computations of one element: both err by at most (rank + 2)·ε·|s|·Σ|b·a|
 * (Higham, Accuracy and Stability of Numerical Algorithms, §3.1), and Σ|b·a| ≤ ‖b‖·‖a‖.
 */
export class ErrorBound {
  private readonly ofRow: Float64Array;
  private readonly ofColumn: Float64Array;
  private readonly factor: number;

  constructor({ left, right, shape: { rows, rank, columns }, scale }: Factors) {
    this.ofRow = Float64Array.from({ length: rows }, (_, row) =>
      Math.sqrt(sumOfSquares(left.subarray(row * rank, (row + 1) * rank))),
    );
    this.ofColumn = columnNorms(right, rank, columns);
    this.factor = 2 * (rank + 2) * EPSILON * Math.abs(scale);
  }

  /**
   * Compares rows [row, …) of W + Δ as computed now and as written.
   *
   * @param weights W of these rows, float32
   */
  compare(
    row: number,
    weights: Float32Array,
    expected: Float32Array,
    actual: Float32Array,
    dtype: FloatDtype,
    totals: Difference,
  ): void {
    const columns = this.ofColumn.length;
    const [relative, least] = SPACING[dtype];
    for (let i = 0; i < expected.length; i++) {
      const [want, have] = [expected[i] ?? 0, actual[i] ?? 0];
      if (want === have || (Number.isNaN(want) && Number.isNaN(have))) continue;
      totals.different++;
      const product = (this.ofRow[row + Math.floor(i / columns)] ?? 0) * (this.ofColumn[i % columns] ?? 0);
      const spacing = Math.max(Math.abs(want), Math.abs(have)) * relative + least;
      const sum = 2 * EPSILON * (Math.abs(weights[i] ?? 0) + Math.abs(want));
      if (!(Math.abs(want - have) <= this.factor * product + sum + spacing)) totals.unexplained++;
    }
    totals.elements += expected.length;
  }
}

/** Whether two computations agree: no element is unexplained, and in 16 bits nearly all are the same. */
export function agree({ elements, different, unexplained }: Difference, dtype: FloatDtype): boolean {
  return unexplained === 0 && (dtype === 'F32' || different <= Math.max(4, elements * TOLERATED_SHARE));
}

function columnNorms(right: Float32Array, rank: number, columns: number): Float64Array {
  const squares = new Float64Array(columns);
  for (let r = 0; r < rank; r++)
    for (let column = 0; column < columns; column++) {
      const value = right[r * columns + column] ?? 0;
      squares[column] = (squares[column] ?? 0) + value * value;
    }
  return squares.map(Math.sqrt);
}
