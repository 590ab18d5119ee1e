/** Against lm-eval and scikit-learn (test/golden/statistics/make_statistics.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { aggregate, AGGREGATIONS, higherIsBetter } from '../../../../src/evaluation/statistics/aggregations.ts';
import { asAggregation, asColumn, assertClose, column, reference } from './golden.ts';

describe('an aggregation', () => {
  for (const [i, item] of reference.aggregations.entries())
    it(`is lm-eval's: ${item.aggregation} of ${item.column ?? JSON.stringify(item.values)} (${i})`, () => {
      const values = item.column === undefined ? asColumn(item.values) : column(item.column);
      assertClose(aggregate(asAggregation(item.aggregation), values), item.value, 1e-15);
    });

  it('is covered by the reference, every one', () => {
    const covered = new Set(reference.aggregations.map(({ aggregation }) => aggregation));
    assert.deepEqual([...covered].sort(), [...AGGREGATIONS].sort());
  });

  it('takes the median of values that repeat, and that sort as numbers', () => {
    assert.equal(aggregate('median', [10, 9, 9, 100, -1]), 9);
    assert.equal(aggregate('median', [3, 1, 2, 2]), 2);
    assert.equal(aggregate('median', [1, 2, 3, 4]), 3);
  });

  it('says which items it cannot take', () => {
    assert.throws(() => aggregate('mean', [1, [0, 1]]), /Item 1 holds a pair, but mean/);
    assert.throws(() => aggregate('f1', [[0, 1], 1]), /Item 1 holds one number, but f1/);
    assert.throws(() => aggregate('f1', [[0, 1], [2, 1]]), /item 1 has 2 and 1/); // prettier-ignore
    for (const name of AGGREGATIONS) assert.throws(() => aggregate(name, []), InputError);
  });

  it('is better when lower where it is a perplexity or an entropy', () =>
    assert.deepEqual(
      AGGREGATIONS.filter((name) => !higherIsBetter(name)),
      ['perplexity', 'weighted_perplexity', 'bits_per_byte'],
    ));
});
