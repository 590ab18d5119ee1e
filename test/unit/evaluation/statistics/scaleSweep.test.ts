/** Against the same halves made in Python (test/golden/statistics/make_statistics.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { sweepScales } from '../../../../src/evaluation/statistics/scaleSweep.ts';
import { asAggregation, asColumn, assertClose, bits, reference } from './golden.ts';

describe('a sweep of scales', () => {
  for (const { aggregation, seed, columns, scores, best, chosen, reports, values } of reference.sweeps)
    it(`chooses on halves and reports on the others: ${aggregation}`, () => {
      const given = columns.map(({ scale, values }) => ({ scale, values: asColumn(values) }));
      const sweep = sweepScales(given.toReversed(), { aggregation: asAggregation(aggregation), seed });
      assert.deepEqual(
        sweep.scores.map(({ scale }) => scale),
        columns.map(({ scale }) => scale),
      );
      for (const [i, { value }] of sweep.scores.entries()) assertClose(value, scores[i] ?? NaN);
      assert.equal(sweep.best.scale, best);
      assert.equal(sweep.best.optimistic, true);
      assert.deepEqual(
        sweep.honest.halves.map(({ scale }) => scale),
        chosen,
      );
      for (const [i, { value }] of sweep.honest.halves.entries()) assertClose(value, reports[i] ?? NaN);
      assertClose(sweep.honest.value, ((reports[0] ?? NaN) + (reports[1] ?? NaN)) / 2);
      assert.deepEqual(sweep.honest.values, values);
      const how = 'chosen on one half of the items, reported on the other, both ways averaged';
      assert.equal(sweep.honest.text, `${how}; n = ${values.length}, seed ${seed}`);
    });

  it('does not take noise for a gain', () => {
    let [optimistic, fair] = [0, 0];
    const times = 60;
    for (let seed = 0; seed < times; seed++) {
      const columns = Array.from({ length: 12 }, (_, i) => ({ scale: i / 4, values: bits(100, 1000 * seed + 37 * i) }));
      const sweep = sweepScales(columns, { seed });
      optimistic += sweep.best.value / times;
      fair += sweep.honest.value / times;
    }
    assert.ok(optimistic > 0.56, `the best is ${optimistic}`);
    assert.ok(Math.abs(fair - 0.5) < 0.03, `the honest value is ${fair}`);
  });

  const equal = (...scales: number[]) =>
    sweepScales(scales.map((scale) => ({ scale, values: [1, 0, 1, 0] }))).best.scale;
  it('prefers among equals the scale nearest to 1, then the smaller', () => {
    assert.equal(equal(0, 0.5, 0.9, 2), 0.9);
    assert.equal(equal(0.25, 1, 2), 1);
    assert.equal(equal(1.25, 0.75), 0.75);
    assert.equal(equal(1.4, 0.6), 0.6); // in floating point 1.4 is nearer
  });

  it('is refused without scales, with one twice, with unequal items or a single one', () => {
    const values = [1, 0];
    assert.throws(() => sweepScales([]), InputError);
    assert.throws(() => sweepScales([{ scale: 1, values }, { scale: 1, values }]), /Scale 1 is there twice/); // prettier-ignore
    assert.throws(() => sweepScales([{ scale: 1, values }, { scale: 2, values: [1] }]), /scale 2 has 1/); // prettier-ignore
    assert.throws(() => sweepScales([{ scale: NaN, values }]), /NaN is no scale/);
    assert.throws(() => sweepScales([{ scale: 1, values: [1] }]), /fewer than two items/);
  });
});
