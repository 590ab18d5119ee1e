import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transpose } from '../../../src/kernels/lowRank.ts';

describe('a matrix is transposed', () => {
  const CASES: readonly (readonly [rule: string, matrix: number[], rows: number, columns: number, result: number[]])[] =
    [
      ['wide', [1, 2, 3, 4, 5, 6], 2, 3, [1, 4, 2, 5, 3, 6]],
      ['tall', [1, 2, 3, 4, 5, 6], 3, 2, [1, 3, 5, 2, 4, 6]],
      ['square', [1, 2, 3, 4], 2, 2, [1, 3, 2, 4]],
      ['a row', [1, 2, 3], 1, 3, [1, 2, 3]],
      ['a column', [1, 2, 3], 3, 1, [1, 2, 3]],
      ['without elements', [], 0, 3, []],
    ];
  for (const [rule, matrix, rows, columns, result] of CASES)
    it(rule, () => {
      const given = Float32Array.from(matrix);
      const transposed = transpose(given, rows, columns);
      assert.deepEqual([...transposed], result);
      assert.deepEqual([...transpose(transposed, columns, rows)], matrix, 'and back');
      assert.deepEqual([...given], matrix, 'the matrix itself stays');
    });
});
