import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { tieReport } from '../../../../src/evaluation/statistics/ties.ts';

describe('the tie report', () => {
  it('tells exact ties, near ties, and what bfloat16 could tie', () => {
    const report = tieReport([
      [-5, -3, -3, -9], // exact, among the best
      [-3, -5, -5], // a tie of the others is none
      [-3, -3.0005], // near, and within bfloat16
      [-0.01, -0.0105], // near, but bfloat16 tells them apart
      [-10, -10.07], // bfloat16: 2⁻⁷ · 10 = 0.078
      [-10, -10.08],
      [-Infinity, -Infinity],
      [-Infinity, -2],
    ]);
    assert.deepEqual([report.exact, report.near, report.bfloat16], [[0, 6], [2, 3], [2, 4]]); // prettier-ignore
    assert.equal(report.n, 8);
    assert.deepEqual(
      report.margins.map((margin) => Number(margin.toFixed(6))),
      [0, 2, 0.0005, 0.0005, 0.07, 0.08, 0, Infinity],
    );
    assert.equal(report.text, '2 exact ties, 2 near ties (below 0.001 nats), 2 that bfloat16 could tie; n = 8');
  });

  it('takes a thousandth of a nat for no tie', () => assert.deepEqual(tieReport([[0, -0.001]]).near, []));

  it('is refused without items, choices or numbers', () => {
    assert.throws(() => tieReport([]), InputError);
    assert.throws(() => tieReport([[-1, -2], [-1]]), /Item 1 has fewer than two choices/);
    assert.throws(() => tieReport([[-1, NaN]]), /item 0 is not a number/);
  });
});
