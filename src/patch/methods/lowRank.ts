import { InputError } from '../../base/errors.ts';
import { LANE_RANK, laneProduct } from '../../kernels/lanes/laneProduct.ts';
import type { Factors, LowRankKernel, ProductShape } from '../../kernels/lowRank.ts';
import { productNorm, sumOfSquares } from '../../kernels/norms.ts';
import type { Delta } from '../delta.ts';

/** Unit roundoff of float32. */
const EPSILON = 2 ** -24;

/** A delta of low rank; tiles come from the kernel, the norm from the factors alone. */
export class LowRankDelta implements Delta {
  readonly rows: number;
  readonly columns: number;
  readonly factors: Factors;
  private readonly kernel: LowRankKernel;
  private norms: { readonly ofRow: Float64Array; readonly ofColumn: Float64Array } | undefined;

  constructor(factors: Factors, kernel: LowRankKernel) {
    this.factors = factors;
    this.kernel = kernel;
    this.rows = factors.shape.rows;
    this.columns = factors.shape.columns;
  }

  /** Whether the lanes' arithmetic makes it, wherever it is made, and not the kernel. */
  get isForLane(): boolean {
    return this.kernel.device === 'cpu' && this.factors.shape.rank <= LANE_RANK;
  }

  tile(row: number, count: number): Promise<Float32Array> {
    const { right, shape, scale } = this.factors;
    const [left, ofTile] = [this.rowsOfLeft(row, count), { ...shape, rows: count }];
    if (this.isForLane) return Promise.resolve(laneProduct(left, right, ofTile, scale));
    return this.kernel.product(left, right, ofTile, scale);
  }

  private rowsOfLeft(row: number, count: number): Float32Array {
    const { left, shape } = this.factors;
    return left.subarray(row * shape.rank, (row + count) * shape.rank);
  }

  /**
   * Two float32 computations both err by at most (rank + 2)·ε·|s|·Σ|b·a| (Higham, Accuracy and Stability of Numerical
   * Algorithms, §3.1), and Σ|b·a| ≤ ‖b‖·‖a‖.
   */
  bound(row: number, column: number): number {
    const { left, right, shape, scale } = this.factors;
    this.norms ??= { ofRow: rowNorms(left, shape), ofColumn: columnNorms(right, shape) };
    const product = (this.norms.ofRow[row] ?? 0) * (this.norms.ofColumn[column] ?? 0);
    return 2 * (shape.rank + 2) * EPSILON * Math.abs(scale) * product;
  }

  norm(): number {
    const { left, right, shape, scale } = this.factors;
    return Math.abs(scale) * productNorm(left, right, shape);
  }
}

/** s · λ in float32. @throws InputError if that overflows */
export function float32Scale(scaling: number, scale: number): number {
  const product = Math.fround(scaling * scale);
  if (!Number.isFinite(product)) throw new InputError(`The scale ${scale} is too large for float32.`);
  return product;
}

function rowNorms(left: Float32Array, { rows, rank }: ProductShape): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) =>
    Math.sqrt(sumOfSquares(left.subarray(row * rank, (row + 1) * rank))),
  );
}

function columnNorms(right: Float32Array, { rank, columns }: ProductShape): Float64Array {
  const squares = new Float64Array(columns);
  for (let r = 0; r < rank; r++)
    for (let column = 0; column < columns; column++) {
      const value = right[r * columns + column] ?? 0;
      squares[column] = (squares[column] ?? 0) + value * value;
    }
  return squares.map(Math.sqrt);
}
