import { InputError } from '../../base/errors.ts';
import { gaussian } from '../../kernels/linalg/gaussian.ts';
import { productNorm } from '../../kernels/norms.ts';
import type { ProductShape } from '../../kernels/lowRank.ts';

/** A low-rank patch of random directions, as PEFT stores one: Δ = b @ a. */
export interface RandomFactors {
  /** [rank, columns] */
  readonly a: Float32Array;
  /** [rows, rank] */
  readonly b: Float32Array;
  /** ‖b @ a‖_F of the float32 factors: what was asked for, up to their rounding. */
  readonly norm: number;
}

/**
 * The control arm: normal factors, both scaled by √(norm/‖b @ a‖_F), so that only the direction distinguishes the patch
 * from the one whose norm it has. Any gain that it shows too was not learned.
 */
export function randomFactors({ rank, rows, columns }: ProductShape, norm: number, seed: number): RandomFactors {
  if (![rank, rows, columns].every((size) => Number.isInteger(size) && size > 0))
    throw new InputError(`Factors of rank ${rank} for a matrix [${rows}, ${columns}] cannot be made.`);
  if (!(norm >= 0) || !Number.isFinite(norm)) throw new InputError(`A patch cannot have the norm ${norm}.`);
  const values = Float32Array.from(gaussian(rank * (rows + columns), seed));
  const [a, b] = [values.slice(0, rank * columns), values.slice(rank * columns)];
  const shape = { rows, rank, columns };
  const factor = Math.sqrt(norm / productNorm(b, a, shape));
  for (const matrix of [a, b]) for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] ?? 0) * factor;
  return { a, b, norm: productNorm(b, a, shape) };
}
