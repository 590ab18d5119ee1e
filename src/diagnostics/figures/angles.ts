import { gaussian } from '../../kernels/linalg/gaussian.ts';
import { svd } from '../../kernels/linalg/jacobi.ts';
import { orthonormalise } from '../../kernels/linalg/qr.ts';
import type { Vectors } from '../../kernels/linalg/vectors.ts';
import type { Angles, PrincipalAngles } from '../types.ts';
import { crossProducts, type DeltaSvd } from './factorSvd.ts';

/** Of every draw, so that a report can be made again. */
const SEED = 20_410;

/** Draws each pair of sizes once: the modules of all layers have the same. */
export class ChanceAngles {
  private readonly drawn = new Map<string, readonly number[]>();

  /** Between random subspaces of `a` and `b` dimensions of a space of `length`. */
  of(a: number, b: number, length: number): readonly number[] {
    const key = `${a} ${b} ${length}`;
    const known = this.drawn.get(key) ?? cosinesBetween(random(a, length, SEED), random(b, length, SEED + 1));
    this.drawn.set(key, known);
    return known;
  }
}

/** Null where one of the two has no directions. */
export function principalAngles(own: DeltaSvd, other: DeltaSvd, chance: ChanceAngles): PrincipalAngles | null {
  if (own.values.length === 0 || other.values.length === 0) return null;
  const between = (a: Vectors, b: Vectors): Angles => ({
    cosines: cosinesBetween(a, b),
    chance: chance.of(a.count, b.count, a.length),
  });
  return { columns: between(own.columns, other.columns), rows: between(own.rows, other.rows) };
}

/** The singular values of AᵀB for orthonormal A and B: Björck and Golub, "Numerical methods for computing angles between
 * linear subspaces", 1973. */
export function cosinesBetween(a: Vectors, b: Vectors): number[] {
  const [few, many] = a.count <= b.count ? [a, b] : [b, a];
  const products = { count: few.count, length: many.count, data: crossProducts(few, many) };
  // Rounding may lead past 1.
  return [...svd(products).values].map((value) => Math.min(1, value));
}

function random(count: number, length: number, seed: number): Vectors {
  const vectors = { count, length, data: gaussian(count * length, seed) };
  orthonormalise(vectors);
  return vectors;
}
