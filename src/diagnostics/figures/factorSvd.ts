import { transpose, type Factors } from '../../kernels/lowRank.ts';
import { svd } from '../../kernels/linalg/jacobi.ts';
import { orthonormalise } from '../../kernels/linalg/qr.ts';
import { combine, dot, zeros, type Vectors } from '../../kernels/linalg/vectors.ts';

/** Δ = Σ_i values[i] · columns_i ⊗ rows_i: orthonormal vectors of Δ's column and row space, values descending. */
export interface DeltaSvd {
  /** r vectors of length m. */
  readonly columns: Vectors;
  /** float64 [r] */
  readonly values: Float64Array;
  /** r vectors of length n. */
  readonly rows: Vectors;
}

/**
 * Of a product of factors, without making it: with B = Q_B L_Bᵀ and Aᵀ = Q_A L_Aᵀ the singular values of BA are those of the
 * r × r matrix L_Bᵀ L_A. float64.
 */
export function factorSvd({ left, right, shape, scale }: Factors): DeltaSvd {
  const { rows, rank, columns } = shape;
  const ofLeft = { count: rank, length: rows, data: Float64Array.from(transpose(left, rows, rank)) };
  const ofRight = { count: rank, length: columns, data: Float64Array.from(right) };
  const core = coreOf(orthonormalise(ofLeft), orthonormalise(ofRight), rank);
  const small = svd(core);
  const sign = scale < 0 ? -1 : 1;
  return {
    columns: combine(
      small.left.data.map((value) => sign * value),
      rank,
      ofLeft,
    ),
    values: small.values.map((value) => Math.abs(scale) * value),
    rows: combine(small.right.data, rank, ofRight),
  };
}

/** Lᵀ @ M of two lower triangles. */
function coreOf(lower: Float64Array, other: Float64Array, rank: number): Vectors {
  const core = zeros(rank, rank);
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++)
      for (let k = 0; k <= i; k++)
        core.data[j * rank + k] =
          (core.data[j * rank + k] ?? 0) + (lower[i * rank + j] ?? 0) * (other[i * rank + k] ?? 0);
  return core;
}

/** ‖AᵀB‖_F² of two sets of vectors of one length: how much of the one lies in the other, where both are orthonormal. */
export function overlap(a: Vectors, b: Vectors): number {
  return crossProducts(a, b).reduce((sum, value) => sum + value * value, 0);
}

/** [a.count, b.count] */
export function crossProducts(a: Vectors, b: Vectors): Float64Array {
  const result = new Float64Array(a.count * b.count);
  const both = new Float64Array(2 * a.length);
  for (let i = 0; i < a.count; i++) {
    both.set(a.data.subarray(i * a.length, (i + 1) * a.length));
    for (let j = 0; j < b.count; j++) {
      both.set(b.data.subarray(j * b.length, (j + 1) * b.length), a.length);
      result[i * b.count + j] = dot(both, 0, a.length, a.length);
    }
  }
  return result;
}
