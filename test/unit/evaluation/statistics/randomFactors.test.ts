import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { randomFactors } from '../../../../src/evaluation/statistics/randomFactors.ts';

/** ‖b @ a‖_F by building the product. */
function plainNorm(a: Float32Array, b: Float32Array, rank: number): number {
  const [rows, columns] = [b.length / rank, a.length / rank];
  let squares = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += b[row * rank + k]! * a[k * columns + column]!;
      squares += sum ** 2;
    }
  return Math.sqrt(squares);
}

describe('random factors', () => {
  for (const [rows, rank, columns, norm] of [
    [1, 1, 1, 3],
    [40, 4, 24, 0.731],
    [24, 8, 64, 1e-6],
    [5, 9, 3, 1234.5], // a rank above the matrix's
  ] as const)
    it(`make a product of norm ${norm}, [${rows}, ${columns}] of rank ${rank}`, () => {
      const result = randomFactors({ rows, rank, columns }, norm, 11);
      assert.deepEqual([result.a.length, result.b.length], [rank * columns, rows * rank]);
      const actual = plainNorm(result.a, result.b, rank);
      assert.ok(Math.abs(actual / norm - 1) < 2 ** -22, `${actual} is not ${norm}`);
      assert.ok(Math.abs(result.norm / actual - 1) < 1e-12);
    });

  const shape = { rows: 50, rank: 4, columns: 60 };
  it('are the same for a seed, and others for another', () => {
    assert.deepEqual(randomFactors(shape, 1, 7), randomFactors(shape, 1, 7));
    assert.notDeepEqual(randomFactors(shape, 1, 7).a, randomFactors(shape, 1, 8).a);
  });

  it('are not related to each other, and have no preferred sign', () => {
    const { a, b } = randomFactors({ rows: 500, rank: 1, columns: 500 }, 500, 3);
    const cosine = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / 500;
    assert.ok(Math.abs(cosine) < 0.15, `the cosine is ${cosine}`);
    for (const matrix of [a, b]) assert.ok(Math.abs(matrix.filter((value) => value > 0).length - 250) < 45);
  });

  it('are zeros where the norm is 0', () => {
    const { a, b, norm } = randomFactors(shape, 0, 1);
    assert.ok([...a, ...b].every((value) => value === 0));
    assert.equal(norm, 0);
  });

  it('are refused where there is no such patch', () => {
    for (const norm of [-1, NaN, Infinity]) assert.throws(() => randomFactors(shape, norm, 1), InputError);
    for (const rank of [0, 1.5]) assert.throws(() => randomFactors({ ...shape, rank }, 1, 1), InputError);
  });
});
