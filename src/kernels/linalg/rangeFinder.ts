import { InputError } from '../../base/errors.ts';
import { gaussian } from './gaussian.ts';
import { svd } from './jacobi.ts';
import { orthonormalise } from './qr.ts';
import type { StreamedMatrix } from './streamedMatrix.ts';
import { combine, type Vectors } from './vectors.ts';

/** Up to so many rows or columns a matrix is decomposed as it is. */
const EXACT = 64;

/** Σ_i values[i] · left_i @ right_iᵀ, descending: left holds k vectors of length m, right k of length n, orthonormal. */
export interface Components {
  readonly left: Vectors;
  readonly values: Float64Array;
  readonly right: Vectors;
}

/** matrix ≈ basis @ coordinates: an orthonormal basis of k columns of length m, and coordinates [k, n] in it. */
export interface Sketch {
  readonly basis: Vectors;
  readonly coordinates: Vectors;
}

export function isExact({ rows, columns }: Pick<StreamedMatrix, 'rows' | 'columns'>, size: number): boolean {
  return Math.min(rows, columns) <= Math.max(EXACT, size);
}

/** All components of a matrix with few rows or columns, in one pass. */
export async function exactComponents(matrix: StreamedMatrix): Promise<Components> {
  const vectors = await matrix.dense();
  requireFinite(matrix.energy);
  const { left, values, right } = svd(vectors);
  return matrix.rows <= matrix.columns ? { left, values, right } : { left: right, values, right: left };
}

/**
 * A sketch of `size` dimensions by random directions, in two passes (Halko, Martinsson and Tropp, "Finding structure
 * with randomness", 2011, algorithm 4.1). The directions of a smaller size are the first of a larger one.
 */
export async function sketch(matrix: StreamedMatrix, size: number, seed: number): Promise<Sketch> {
  const directions = { count: size, length: matrix.columns, data: gaussian(size * matrix.columns, seed) };
  return projectOnto(matrix, directions);
}

/**
 * The sketch turned towards the leading singular vectors, in two passes for each iteration; orthonormalised after each
 * product, or rounding would drown all but the largest (the same, algorithm 4.4).
 */
export async function refine(matrix: StreamedMatrix, given: Sketch, iterations: number): Promise<Sketch> {
  let result = given;
  for (let i = 0; i < iterations; i++) {
    orthonormalise(result.coordinates);
    result = await projectOnto(matrix, result.coordinates);
  }
  return result;
}

async function projectOnto(matrix: StreamedMatrix, directions: Vectors): Promise<Sketch> {
  const basis = await matrix.times(directions);
  requireFinite(matrix.energy);
  orthonormalise(basis);
  return { basis, coordinates: await matrix.transposedTimes(basis) };
}

/** The same in descending order of what each direction holds (the same, algorithm 5.1). */
export function components({ basis, coordinates }: Sketch): Components {
  const { left, values, right } = svd(coordinates);
  return { left: combine(left.data, left.count, basis), values, right };
}

function requireFinite(energy: number): void {
  if (!Number.isFinite(energy)) throw new InputError('The matrix holds values that are not finite.');
}
