/** The dense parts: orthonormal bases, and the decomposition of small matrices. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { svd } from '../../../src/kernels/linalg/jacobi.ts';
import { orthonormalise } from '../../../src/kernels/linalg/qr.ts';
import { combine, type Vectors } from '../../../src/kernels/linalg/vectors.ts';
import { orthonormalityError, uniform } from '../../support/matrices.ts';

function vectors(count: number, length: number, data: ArrayLike<number>): Vectors {
  return { count, length, data: Float64Array.from(data) };
}

const copy = (given: Vectors): Vectors => ({ ...given, data: given.data.slice() });
const random = (count: number, length: number): Vectors => vectors(count, length, uniform(count * length, 9));
/** Condition number beyond float64: 1 / (i + j + 1). */
const hilbert = (count: number, length: number): Vectors =>
  vectors(
    count,
    length,
    Array.from({ length: count * length }, (_, i) => 1 / (Math.floor(i / length) + (i % length) + 1)),
  );
/** Every third vector is a combination of the two before it, and one is zero. */
function dependent(count: number, length: number): Vectors {
  const result = random(count, length);
  for (let i = 2; i < count; i += 3)
    for (let t = 0; t < length; t++)
      result.data[i * length + t] = 3 * result.data[(i - 1) * length + t]! - 0.1 * result.data[(i - 2) * length + t]!;
  if (count > 4) result.data.fill(0, 4 * length, 5 * length);
  return result;
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** Those vectors that are not zero. */
function nonzero({ count, length, data }: Vectors): Vectors {
  const kept = Array.from({ length: count }, (_, i) => [...data.subarray(i * length, (i + 1) * length)]).filter((row) =>
    row.some((value) => value !== 0),
  );
  return vectors(kept.length, length, kept.flat());
}

const CASES: readonly (readonly [string, Vectors, rank: number | undefined])[] = [
  ['one number', vectors(1, 1, [-2]), 1],
  ['a vector', random(1, 9), 1],
  ['3 in 4 dimensions', random(3, 4), 3],
  ['as many as dimensions', random(21, 21), 21],
  ['many', random(70, 1000), 70],
  ['almost dependent', hilbert(12, 40), undefined],
  ['dependent', dependent(20, 50), 14],
  ['of two dimensions', vectors(6, 40, combine(uniform(12, 4), 6, random(2, 40)).data), 2],
  ['zero', vectors(3, 5, new Float64Array(15)), 0],
  ['none', vectors(0, 5, []), 0],
];

describe('an orthonormal basis', () => {
  for (const [rule, given, rank] of CASES)
    it(rule, () => {
      const basis = copy(given);
      const lower = orthonormalise(basis);
      const kept = nonzero(basis);
      if (rank !== undefined) assert.equal(kept.count, rank);
      assert.ok(orthonormalityError(kept.data, kept.count) <= 1e-12, `${orthonormalityError(kept.data, kept.count)}`);
      const again = combine(lower, given.count, basis);
      assert.ok(largestDifference(again.data, given.data) <= 1e-12);
      assert.ok(lower.every((value, i) => i % given.count <= Math.floor(i / given.count) || value === 0));
    });

  it('keeps vectors that are dependent but for a part in 10¹⁰', () => {
    const given = vectors(2, 3, [1, 1, 1, 1, 1, 1 + 1e-10]);
    orthonormalise(given);
    assert.ok(orthonormalityError(given.data, 2) <= 1e-12);
  });

  it('of more vectors than dimensions leaves the rest zero', () => {
    const given = random(9, 4);
    orthonormalise(given);
    assert.equal(nonzero(given).count, 4);
    assert.ok(given.data.subarray(16).every((value) => value === 0));
  });
});

describe('the decomposition of a small matrix', () => {
  for (const [rule, given, rank] of CASES)
    it(rule, () => {
      const before = copy(given);
      const { left, values, right } = svd(given);
      assert.deepEqual(given, before, 'the matrix itself stays');
      assert.deepEqual(
        [...values],
        [...values].sort((a, b) => b - a),
      );
      const scale = values[0] ?? 0;
      if (rank !== undefined) assert.equal(values.filter((value) => value > 1e-12 * scale).length, rank);
      const top = values.filter((value) => value > 0).length;
      for (const { data, length } of [left, right])
        assert.ok(orthonormalityError(data.subarray(0, top * length), top) <= 1e-12);
      assert.ok(largestDifference(combine(scaledColumns(left, values), given.count, right).data, given.data) <= 1e-12);
    });

  it('[[3, 0], [4, 5]]', () => {
    const { values } = svd(vectors(2, 2, [3, 0, 4, 5]));
    assert.ok(largestDifference(values, Float64Array.of(Math.sqrt(45), Math.sqrt(5))) <= 1e-14);
  });

  it('of a Hilbert matrix has the known extremes', () => {
    // H₁₀: numpy.linalg.svd and the literature agree on the largest; the smallest, exactly: 1.09315381937967e-13.
    const { values } = svd(hilbert(10, 10));
    assert.ok(Math.abs(values[0]! - 1.751919670265178) <= 1e-14);
    assert.ok(Math.abs(values[9]! / 1.09315381937967e-13 - 1) <= 1e-2, `${values[9]!}`);
  });

  it('of values that are not finite ends', () => {
    const given = random(5, 7);
    given.data[8] = NaN;
    assert.ok(svd(given).values.some(Number.isNaN));
  });
});

/** L[i, t] = leftᵀ[i, t] · values[t], [k, k]: the coefficients of the rows in terms of the right vectors. */
function scaledColumns({ count, data }: Vectors, values: Float64Array): Float64Array {
  return data.map((_, at) => data[(at % count) * count + Math.floor(at / count)]! * values[at % count]!);
}
