/** Matrices with known spectra, by the rules of test/golden/svd/make_svd.py, and plain arithmetic on them. */
import type { LowRankKernel } from '../../src/kernels/lowRank.ts';
import type { RowStream } from '../../src/kernels/linalg/rowStream.ts';
import type { TruncatedSvd } from '../../src/kernels/linalg/randomisedSvd.ts';

/** [rows, columns], row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** Values in [-1, 1), the same in every run. */
export function uniform(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31);
}

/** `count` orthonormal vectors of length n, one after another: cosines (DCT-II) in a mirror of random direction. */
export function orthonormalVectors(n: number, count: number, seed: number): Float64Array {
  const mirror = uniform(n, seed);
  const square = mirror.reduce((sum, value) => sum + value * value, 0);
  const result = new Float64Array(count * n);
  for (let j = 0; j < count; j++) {
    const cosine = (i: number): number => Math.cos((Math.PI * (2 * i + 1) * j) / (2 * n)) * Math.sqrt((j ? 2 : 1) / n);
    const row = Float64Array.from({ length: n }, (_, i) => cosine(i));
    const weight = (2 / square) * mirror.reduce((sum, value, i) => sum + value * row[i]!, 0);
    result.set(
      row.map((value, i) => value - weight * mirror[i]!),
      j * n,
    );
  }
  return result;
}

/** Σ_i spectrum[i] · u_i @ v_iᵀ with orthonormal u and v. */
export function withSpectrum(rows: number, columns: number, spectrum: readonly number[]): Matrix {
  const [left, right] = [orthonormalVectors(rows, spectrum.length, 1), orthonormalVectors(columns, spectrum.length, 2)];
  const sums = new Float64Array(rows * columns);
  for (const [t, value] of spectrum.entries())
    for (let i = 0; i < rows; i++) {
      const weight = value * left[t * rows + i]!;
      for (let j = 0; j < columns; j++) sums[i * columns + j]! += weight * right[t * columns + j]!;
    }
  return { rows, columns, data: new Float32Array(sums) };
}

export function noise(rows: number, columns: number, seed: number): Matrix {
  return { rows, columns, data: new Float32Array(uniform(rows * columns, seed)) };
}

export function streamOf({ rows, columns, data }: Matrix): RowStream {
  // A copy in one buffer that is used again, as the interface allows.
  let buffer = new Float32Array(0);
  return {
    rows,
    columns,
    tile: (row, count) => {
      if (buffer.length !== count * columns) buffer = new Float32Array(count * columns);
      buffer.set(data.subarray(row * columns, (row + count) * columns));
      return Promise.resolve(buffer);
    },
  };
}

/** The product in float64, rounded once. */
export const plainKernel: LowRankKernel = {
  device: 'plain',
  product: (left, right, { rows, rank, columns }, scale) => {
    const sums = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let t = 0; t < rank; t++) {
        const value = left[i * rank + t]!;
        for (let j = 0; j < columns; j++) sums[i * columns + j]! += value * right[t * columns + j]!;
      }
    return Promise.resolve(new Float32Array(sums.map((sum) => scale * sum)));
  },
};

/** ‖matrix − left @ diag(values) @ right‖_F in float64. */
export function errorOf({ rows, columns, data }: Matrix, { rank, left, values, right }: TruncatedSvd): number {
  let squares = 0;
  const row = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    row.set(data.subarray(i * columns, (i + 1) * columns));
    for (let t = 0; t < rank; t++) {
      const weight = left[i * rank + t]! * values[t]!;
      for (let j = 0; j < columns; j++) row[j]! -= weight * right[t * columns + j]!;
    }
    squares += row.reduce((sum, value) => sum + value * value, 0);
  }
  return Math.sqrt(squares);
}

/** Largest difference of vectorsᵀ @ vectors from the identity; `count` vectors, one after another. */
export function orthonormalityError(vectors: Float64Array | Float32Array, count: number): number {
  const length = vectors.length / count;
  let worst = 0;
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      let product = i === j ? -1 : 0;
      for (let t = 0; t < length; t++) product += vectors[i * length + t]! * vectors[j * length + t]!;
      worst = Math.max(worst, Math.abs(product));
    }
  return worst;
}
