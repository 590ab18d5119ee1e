/** Against scipy's binomtest and statsmodels (test/golden/statistics/make_statistics.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { holm } from '../../../../src/evaluation/statistics/holm.ts';
import { exactMcNemar } from '../../../../src/evaluation/statistics/mcnemar.ts';
import { assertClose, reference } from './golden.ts';

describe('the exact McNemar test', () => {
  for (const { onlyA, onlyB, pValue } of reference.exactTests)
    it(`of ${onlyA} against ${onlyB} is scipy's`, () => {
      const actual = exactMcNemar(onlyA, onlyB);
      if (pValue < 1e-300) assert.ok(actual < 1e-300);
      else assert.ok(Math.abs(actual / pValue - 1) < 1e-12, `${actual} is not ${pValue}`);
    });

  it('is exactly 1 where the two differ by one item', () => {
    for (let onlyA = 0; onlyA < 300; onlyA++) assert.equal(exactMcNemar(onlyA, onlyA + 1), 1);
  });

  it('is the same from either side, and falls with the difference', () => {
    let before = 1;
    for (let onlyA = 25; onlyA >= 0; onlyA--) {
      const p = exactMcNemar(onlyA, 50 - onlyA);
      assert.equal(p, exactMcNemar(50 - onlyA, onlyA));
      assert.ok(onlyA === 25 ? p === 1 : p < before || p === 1);
      before = p;
    }
  });
});

describe("Holm's correction", () => {
  for (const { pValues, adjusted } of reference.holm)
    it(`of ${pValues.join(', ')} is statsmodels'`, () => {
      for (const [i, p] of holm(pValues).entries()) assertClose(p, adjusted[i] ?? NaN, 1e-15);
    });

  it('of nothing is nothing, and what is no p-value is refused', () => {
    assert.deepEqual(holm([]), []);
    assert.throws(() => holm([0.5, 1.5]), InputError);
    assert.throws(() => holm([NaN]), InputError);
  });
});
