import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { productNorm, sumOfSquares } from '../../../src/kernels/norms.ts';

type Shape = readonly [rows: number, rank: number, columns: number];

/** Values in [-1, 1), the same in every run. */
function random(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31);
}

/** ‖left @ right‖_F by building the product, in float64. */
function plainNorm(left: Float32Array, right: Float32Array, [rows, rank, columns]: Shape): number {
  let squares = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += left[row * rank + k]! * right[k * columns + column]!;
      squares += sum ** 2;
    }
  return Math.sqrt(squares);
}

function norm(left: Float32Array, right: Float32Array, [rows, rank, columns]: Shape): number {
  return productNorm(left, right, { rows, rank, columns });
}

function assertClose(actual: number, expected: number, relative = 1e-12): void {
  assert.ok(Math.abs(actual - expected) <= relative * expected, `${actual} is not ${expected}`);
}

describe('the norm of a product', () => {
  const SHAPES: Shape[] = [
    [1, 1, 1],
    [1, 4, 1],
    [5, 1, 3],
    [7, 2, 3],
    [3, 2, 7],
    [16, 8, 31],
    [2, 9, 4],
  ];
  for (const shape of SHAPES)
    it(`is that of the product itself, ${shape.join(' × ')}`, () => {
      const [left, right] = [random(shape[0] * shape[1], 1), random(shape[1] * shape[2], 2)];
      assertClose(norm(left, right, shape), plainNorm(left, right, shape));
    });

  it('is 5 for [[3], [4]] @ [[1]]', () => assert.equal(norm(Float32Array.of(3, 4), Float32Array.of(1), [2, 1, 1]), 5));

  it('stays when the factors are rotated against each other', () => {
    const shape: Shape = [20, 2, 30];
    const [left, right] = [random(40, 3), random(60, 4)];
    const [cos, sin] = [0.6, 0.8];
    const turnedLeft = left.map((_, i) =>
      i % 2 === 0 ? cos * left[i]! - sin * left[i + 1]! : sin * left[i - 1]! + cos * left[i]!,
    );
    const turnedRight = right.map((_, i) =>
      i < 30 ? cos * right[i]! - sin * right[i + 30]! : sin * right[i - 30]! + cos * right[i]!,
    );
    assertClose(norm(turnedLeft, turnedRight, shape), norm(left, right, shape), 1e-6);
  });

  it('grows with the scale of either factor', () => {
    const [left, right] = [random(12, 5), random(15, 6)];
    const tripled = left.map((value) => value * 4);
    assertClose(norm(tripled, right, [4, 3, 5]), 4 * norm(left, right, [4, 3, 5]));
  });

  it('is zero if a factor is', () => {
    assert.equal(norm(new Float32Array(12), random(15, 1), [4, 3, 5]), 0);
    assert.equal(norm(random(12, 1), new Float32Array(15), [4, 3, 5]), 0);
  });

  it('is about zero, and a number, if the terms cancel', () => {
    for (let seed = 1; seed <= 50; seed++) {
      // 22 bits and an exponent: three times a value is exact, but the sums of squares are rounded, in both directions.
      const values = random(80, seed).map((value, i) => (Math.trunc(value * 2 ** 21) / 2 ** 21) * 2 ** (i % 7));
      const left = Float32Array.from({ length: 80 }, (_, i) => values[i >> 1]! * (i % 2 === 0 ? 1 : 3));
      const right = Float32Array.from({ length: 80 }, (_, i) => values[40 + (i % 40)]! * (i < 40 ? -3 : 1));
      assert.equal(plainNorm(left, right, [40, 2, 40]), 0);
      const cancelled = norm(left, right, [40, 2, 40]);
      assert.ok(cancelled >= 0 && cancelled < 1e-3, `${cancelled} of seed ${seed}`);
    }
  });

  it('of values beyond the squares of float32', () => {
    assertClose(norm(Float32Array.of(1e30), Float32Array.of(1e30), [1, 1, 1]), 1e60, 1e-6);
    assertClose(norm(Float32Array.of(1e-30), Float32Array.of(1e-30), [1, 1, 1]), 1e-60, 1e-6);
  });
});

describe('the sum of squares', () => {
  it('of nothing is zero', () => assert.equal(sumOfSquares(new Float32Array(0)), 0));
  it('counts negative values', () => assert.equal(sumOfSquares(Float32Array.of(-3, 4)), 25));
  it('is kept in float64', () => assert.equal(sumOfSquares(Float32Array.of(4096, 1)), 2 ** 24 + 1));
});
