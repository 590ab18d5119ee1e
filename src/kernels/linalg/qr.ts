import { addFour, dot, dotFour, type Vectors } from './vectors.ts';

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
  const lower = new Float64Array(vectors.count ** 2);
  for (let i = 0; i < vectors.count; i++) {
    const left = subtractProjections(vectors, i, lower);
    lower[i * vectors.count + i] = left;
    divide(vectors.data.subarray(i * vectors.length, (i + 1) * vectors.length), left);
  }
  return lower;
}

/** @returns the norm of what is left of vector `index`, 0 if it depends on those before it */
function subtractProjections(vectors: Vectors, index: number, lower: Float64Array): number {
  const original = norm(vectors, index);
  let before = original;
  for (let round = 0; round < ROUNDS && before > 0; round++) {
    subtractOnce(vectors, index, lower);
    const after = norm(vectors, index);
    if (after <= DEPENDENT * original) return 0;
    if (after > CANCELLED * before) return after;
    before = after;
  }
  return before;
}

function subtractOnce(vectors: Vectors, index: number, lower: Float64Array): void {
  const { count, length, data } = vectors;
  const weights = new Float64Array(4);
  for (let first = 0; first < index; first += 4) {
    const four = { vectors, first, end: index };
    dotFour(four, index, weights);
    for (let i = 0; first + i < Math.min(first + 4, index); i++) {
      const at = index * count + first + i;
      lower[at] = (lower[at] ?? 0) + (weights[i] ?? 0);
      weights[i] = -(weights[i] ?? 0);
    }
    addFour(data, index * length, four, weights, [0, length]);
  }
}

function norm({ data, length }: Vectors, index: number): number {
  return Math.sqrt(dot(data, index * length, index * length, length));
}

/** By zero: zero, which is what a dependent vector becomes. */
function divide(values: Float64Array, by: number): void {
  if (by === 0) values.fill(0);
  else for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / by;
}
