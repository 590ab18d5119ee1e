import { ownKernels, type OwnKernels } from '../lanes/ownKernels.ts';
import type { Vectors } from './vectors.ts';

/** What is left of a vector, relative to it, when all of it that counts lies in the span of those before it. */
const DEPENDENT = 1e-13;
/**
 * Where subtracting the projections leaves less than a tenth of a vector, its rounding errors have grown tenfold, and
 * the projections are subtracted again (Rutishauser's criterion; twice is enough: Giraud and Langou, "When modified
 * Gram–Schmidt generates a well-conditioned set of vectors", 2002).
 */
const CANCELLED = 0.1;
const ROUNDS = 3;

/**
 * Replaces the vectors by an orthonormal basis of their span, in place: Gram–Schmidt, modified from one group of four
 * vectors to the next. A vector that depends on those before it becomes zero.
 * @returns L [count, count] float64, lower triangular, with old vector i = Σ_j L[i, j] · new vector j. Read by columns
 * (vectors as columns of A [length, count]) this is A = Q @ Lᵀ, the QR factorisation of A.
 */
export function orthonormalise(vectors: Vectors): Float64Array {
  const { count, length, data } = vectors;
  const space = new Space(vectors);
  const lower = new Float64Array(count ** 2);
  for (let i = 0; i < count; i++) {
    const left = subtractProjections(space, i, lower);
    lower[i * count + i] = left;
    divide(space.data.subarray(i * length, (i + 1) * length), left);
  }
  data.set(space.data);
  return lower;
}

/** The vectors in the memory of the kernels, which do two elements at a time. */
class Space {
  readonly count: number;
  readonly data: Float64Array;
  private readonly length: number;
  private readonly kernels: OwnKernels['kernels'];
  private readonly products: Float64Array;
  /** Addresses of the vectors, and of the products. */
  private readonly at: number;
  private readonly productsAt: number;

  constructor({ count, length, data }: Vectors) {
    const { kernels, buffer, places } = ownKernels([8 * count * length, 8 * 4]);
    const [at = 0, productsAt = 0] = places;
    this.count = count;
    this.length = length;
    this.kernels = kernels;
    this.at = at;
    this.productsAt = productsAt;
    this.products = new Float64Array(buffer, productsAt, 4);
    this.data = new Float64Array(buffer, at, count * length);
    this.data.set(data);
  }

  norm(index: number): number {
    return Math.sqrt(this.kernels.dot64(this.place(index), this.place(index), this.length));
  }

  /** The products of vector `index` with the four from `first` on, where they come before it; 0 for the others. */
  dotFour(index: number, first: number): Float64Array {
    this.kernels.dotFour64(this.place(index), ...this.four(index, first), this.length, this.productsAt);
    return this.products.fill(0, Math.min(4, index - first));
  }

  /** Vector `index` less its projections on them. */
  subtractFour(index: number, first: number, [a = 0, b = 0, c = 0, d = 0]: Float64Array): void {
    this.kernels.addFour64(this.place(index), ...this.four(index, first), this.length, -a, -b, -c, -d);
  }

  private place(index: number): number {
    return this.at + 8 * index * this.length;
  }

  /** For a missing one the last again, for its weight is 0. */
  private four(index: number, first: number): [number, number, number, number] {
    const place = (i: number): number => this.place(Math.min(first + i, index - 1));
    return [place(0), place(1), place(2), place(3)];
  }
}

/** @returns the norm of what is left of vector `index`, 0 if it depends on those before it */
function subtractProjections(space: Space, index: number, lower: Float64Array): number {
  const original = space.norm(index);
  let before = original;
  for (let round = 0; round < ROUNDS && before > 0; round++) {
    subtractOnce(space, index, lower);
    const after = space.norm(index);
    if (after <= DEPENDENT * original) return 0;
    if (after > CANCELLED * before) return after;
    before = after;
  }
  return before;
}

function subtractOnce(space: Space, index: number, lower: Float64Array): void {
  for (let first = 0; first < index; first += 4) {
    const weights = space.dotFour(index, first);
    for (let i = 0; first + i < Math.min(first + 4, index); i++) {
      const at = index * space.count + first + i;
      lower[at] = (lower[at] ?? 0) + (weights[i] ?? 0);
    }
    space.subtractFour(index, first, weights);
  }
}

/** By zero: zero, which is what a dependent vector becomes. */
function divide(values: Float64Array, by: number): void {
  if (by === 0) values.fill(0);
  else for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / by;
}
