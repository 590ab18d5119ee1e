import { orthonormalise } from './qr.ts';
import { combine, dot, zeros, type Vectors } from './vectors.ts';

/**
 * matrix = Σ_i values[i] · left_i @ right_iᵀ, values descending. Where a value is exactly 0, the matrix having fewer
 * dimensions, the vectors on one side or both are zero too.
 */
export interface Svd {
  /** k vectors of length k. */
  readonly left: Vectors;
  /** float64 [k] */
  readonly values: Float64Array;
  /** k vectors of length n. */
  readonly right: Vectors;
}

/** Two vectors are orthogonal if the cosine between them is below this: some rounding errors of float64. */
const ORTHOGONAL = 1e-14;
/** Ten suffice by experience, for convergence is quadratic; the limit is for values that are not finite. */
const SWEEPS = 40;

/**
 * The singular value decomposition of a matrix [k, n], k ≤ n, by its rows, all in float64. The rows are orthonormalised
 * (matrix = L @ Q) and the columns of L [k, k] rotated in pairs until all are orthogonal: L @ Gᵀ = U @ Σ, so that
 * matrix = U @ Σ @ (G @ Q). This is the one-sided Jacobi method of Hestenes, on the side that converges faster (Drmač
 * and Veselić, "New fast and accurate Jacobi SVD algorithm I", 2008).
 */
export function svd(matrix: Vectors): Svd {
  const k = matrix.count;
  const basis = { ...matrix, data: matrix.data.slice() };
  const columns = besideIdentity(orthonormalise(basis), k);
  for (let sweep = 0; sweep < SWEEPS && rotatePairs(columns); sweep++);
  const norms = Float64Array.from({ length: k }, (_, i) => Math.sqrt(squaredNorm(columns, i)));
  const order = Array.from(norms.keys()).sort((i, j) => (norms[j] ?? 0) - (norms[i] ?? 0));
  const [left, rotations] = [zeros(k, k), zeros(k, k)];
  for (const [to, from] of order.entries()) {
    const norm = norms[from] ?? 0;
    const row = columns.data.subarray(2 * k * from, 2 * k * (from + 1));
    if (norm > 0) left.data.set(row.subarray(0, k).map((value) => value / norm), to * k); // prettier-ignore
    rotations.data.set(row.subarray(k), to * k);
  }
  return { left, values: norms.sort().reverse(), right: combine(rotations.data, k, basis) };
}

/** k vectors of length 2k: a column of L, then a row of the identity, which the same rotations turn into a row of G. */
function besideIdentity(lower: Float64Array, k: number): Vectors {
  const result = zeros(k, 2 * k);
  for (let i = 0; i < k; i++) {
    for (let j = i; j < k; j++) result.data[i * 2 * k + j] = lower[j * k + i] ?? 0;
    result.data[i * 2 * k + k + i] = 1;
  }
  return result;
}

/** One sweep over all pairs of columns. @returns whether any was rotated */
function rotatePairs(columns: Vectors): boolean {
  const { count: k, length, data } = columns;
  const squares = Float64Array.from({ length: k }, (_, i) => squaredNorm(columns, i));
  let rotated = false;
  for (let i = 0; i < k; i++)
    for (let j = i + 1; j < k; j++) {
      const ofI = squares[i] ?? 0;
      const ofJ = squares[j] ?? 0;
      const product = dot(data, i * length, j * length, k);
      if (Math.abs(product) <= ORTHOGONAL * Math.sqrt(ofI * ofJ)) continue;
      rotated = true;
      rotate(columns, i, j, tangent(ofI, ofJ, product));
      squares[i] = squaredNorm(columns, i);
      squares[j] = squaredNorm(columns, j);
    }
  return rotated;
}

/** Of the smaller angle that makes two vectors orthogonal, by their squared norms and their product. */
function tangent(ofI: number, ofJ: number, product: number): number {
  const zeta = (ofJ - ofI) / (2 * product);
  return (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
}

function rotate({ data, length }: Vectors, i: number, j: number, tan: number): void {
  const cos = 1 / Math.sqrt(1 + tan * tan);
  const sin = cos * tan;
  const p = i * length;
  const q = j * length;
  for (let t = 0; t < length; t++) {
    const x = data[p + t] ?? 0;
    const y = data[q + t] ?? 0;
    data[p + t] = cos * x - sin * y;
    data[q + t] = sin * x + cos * y;
  }
}

/** Of the first half alone, the column. */
function squaredNorm({ data, length }: Vectors, index: number): number {
  return dot(data, index * length, index * length, length / 2);
}
