/** Intervals against numpy's percentiles of the same draws (test/golden/statistics/make_statistics.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../../src/base/errors.ts';
import { compareColumns } from '../../../../src/evaluation/statistics/compare.ts';
import { asAggregation, asColumn, assertClose, bits, column, reference } from './golden.ts';

describe('two columns of the same items', () => {
  for (const item of reference.comparisons)
    it(`have numpy's interval: ${item.aggregation}, ${item.draws} draws, seed ${item.seed}`, async () => {
      const { draws, seed, interval, b } = item;
      const aggregation = asAggregation(item.aggregation);
      const a = column(item.column).slice(0, b.length);
      const result = await compareColumns(a, asColumn(b), { aggregation, draws, seed });
      assertClose(result.difference, item.difference);
      assertClose(result.interval.low, interval[0] ?? NaN);
      assertClose(result.interval.high, interval[1] ?? NaN);
      assertClose(result.standardError, item.standardError, 1e-11);
      const count = draws.toLocaleString('en');
      assert.equal(result.interval.text, `95 % paired bootstrap, n = ${b.length}, ${count} draws, seed ${seed}`);
      assert.equal(result.table !== undefined, aggregation === 'mean');
    });

  it('are drawn 10,000 times from seed 0 unless told', async () => {
    const { interval } = await compareColumns(bits(10, 1), bits(10, 2));
    assert.equal(interval.text, '95 % paired bootstrap, n = 10, 10,000 draws, seed 0');
  });

  const a = [1, 1, 1, 1, 0, 0, 1, 1, 0, 0];
  const b = [1, 1, 0, 0, 0, 1, 0, 0, 0, 0];
  it('make a 2×2 table, with the items that flipped', async () => {
    const { table, ...result } = await compareColumns(a, b, { draws: 100 });
    assert.ok(table);
    assert.deepEqual([table.both, table.onlyA, table.onlyB, table.neither], [2, 4, 1, 3]);
    assert.deepEqual([table.gained, table.lost], [[2, 3, 6, 7], [5]]);
    assert.deepEqual([result.a, result.b], [0.6, 0.3]);
    assertClose(result.difference, 0.3);
    assertClose(table.standardError, Math.sqrt(4 + 1 - 9 / 10) / 10);
    assertClose(table.interval.low, 0.3 - 1.959963984540054 * Math.sqrt(4.1) * 0.1);
    assertClose(table.interval.high, 0.3 + 1.959963984540054 * Math.sqrt(4.1) * 0.1);
    assert.equal(table.pValue, 0.375);
    assert.equal(table.test, 'exact McNemar test, two-sided, 5 discordant of n = 10');
  });

  it('have no table where a value is neither 0 nor 1', async () => {
    assert.equal((await compareColumns([0, 0.5], [1, 1], { draws: 100 })).table, undefined);
  });

  it('differ by the opposite when they change places', async () => {
    const [there, back] = [await compareColumns(a, b, { draws: 999 }), await compareColumns(b, a, { draws: 999 })];
    assertClose(back.difference, -there.difference);
    assertClose(back.interval.low, -there.interval.high);
    assertClose(back.interval.high, -there.interval.low);
    assert.equal(back.table?.pValue, there.table?.pValue);
    assert.deepEqual(back.table?.gained, there.table?.lost);
  });

  it('that are one differ by nothing, and the interval does not pass for certainty', async () => {
    const result = await compareColumns(a, a, { draws: 100 });
    assert.deepEqual([result.difference, result.interval.low, result.interval.high], [0, 0, 0]);
    assert.equal(result.table?.pValue, 1);
    assert.match(result.note ?? '', /fewer than 26 % of all items goes unseen in 10 /);
    const shifted = await compareColumns([0.3, 0.7, 0.9], [0.2, 0.6, 0.8], { draws: 100 });
    assert.match(shifted.note ?? '', /no width/);
    assert.equal((await compareColumns(a, b, { draws: 100 })).note, undefined);
  });

  it('have an interval near the analytic one where n is large', async () => {
    const [left, right] = [bits(2000, 3, 0.7), bits(2000, 4, 0.6)];
    const { interval, table, standardError } = await compareColumns(left, right);
    assert.ok(table);
    assertClose(standardError, table.standardError, 0.03);
    assertClose(interval.low, table.interval.low, 0.03);
    assertClose(interval.high, table.interval.high, 0.03);
  });

  it('are refused where they cannot be paired', async () => {
    const refused = (left: Parameters<typeof asColumn>[0], right: typeof left, pattern: RegExp, name = 'mean') =>
      assert.rejects(compareColumns(asColumn(left), asColumn(right), { aggregation: asAggregation(name) }), (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, pattern);
        return true;
      });
    await refused([], [], /There are no items of the first column/);
    await refused([1, 0], [1], /has 2 items and the second column has 1/);
    await refused([1, 0], [1, NaN], /Item 1 of the second column is NaN/);
    await refused([-Infinity], [1], /Item 0 of the first column is -Infinity/);
    await refused([[1, 1], [0, 1]], [[1, 1], [1, 1]], /Item 1 has the gold label 0 in .* and 1 in/, 'f1'); // prettier-ignore
    await refused([[-3, 10]], [[-3, 11]], /Item 0 has the weight 10 in .* and 11 in/, 'bits_per_byte');
    await assert.rejects(compareColumns(a, b, { draws: 99 }), InputError);
    await assert.rejects(compareColumns(a, b, { draws: 100.5 }), InputError);
  });

  it('stop being drawn when the person cancels', async () => {
    const controller = new AbortController();
    const result = compareColumns(a, b, { draws: 5e6, signal: controller.signal });
    const refused = assert.rejects(result, CancelledError);
    setTimeout(() => controller.abort(), 5);
    await refused;
  });
});
