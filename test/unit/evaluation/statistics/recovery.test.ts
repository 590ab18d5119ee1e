/** Intervals against numpy's percentiles of the same draws (test/golden/statistics/make_statistics.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { recovery } from '../../../../src/evaluation/statistics/recovery.ts';
import { assertClose, reference } from './golden.ts';

const ofZeros = (n: number): number[] => Array.from({ length: n }, () => 0);
/** So many ones, then zeros. */
const ones = (count: number, n: number): number[] => Array.from({ length: n }, (_, i) => (i < count ? 1 : 0));

describe('the recovery', () => {
  for (const { ported, retrained, newBase, draws, seed, ...expected } of reference.recoveries)
    it(`has numpy's interval (${expected.drawsWithoutGain} draws without gain)`, async () => {
      const result = await recovery({ ported, retrained, newBase }, { draws, seed });
      assertClose(result.value, expected.value);
      assertClose(result.interval?.low, expected.interval[0] ?? NaN);
      assertClose(result.interval?.high, expected.interval[1] ?? NaN);
      assertClose(result.retrainedGain.interval.low, expected.retrainedGain[0] ?? NaN);
      assert.equal(result.unstable, expected.drawsWithoutGain > 0);
      assert.equal(result.reason !== undefined, result.unstable);
      assert.equal(result.interval?.text, `95 % paired bootstrap, n = ${ported.length}, 1,000 draws, seed ${seed}`);
    });

  it('is 1 where both patches answer alike, and 0 where the port changes nothing', async () => {
    const [retrained, newBase] = [ones(80, 100), ones(30, 100)];
    const whole = await recovery({ ported: retrained, retrained, newBase }, { draws: 500 });
    assert.deepEqual([whole.value, whole.interval?.low, whole.interval?.high], [1, 1, 1]);
    const none = await recovery({ ported: newBase, retrained, newBase }, { draws: 500 });
    assert.deepEqual([none.value, none.interval?.low, none.interval?.high], [0, 0, 0]);
    assert.equal(none.portedGain.value, 0);
    assertClose(none.retrainedGain.value, 0.5);
  });

  it('is not a number where retraining gains nothing', async () => {
    for (const retrained of [ones(30, 100), ones(20, 100)]) {
      const result = await recovery({ ported: ones(50, 100), retrained, newBase: ones(30, 100) }, { draws: 500 });
      assert.deepEqual([result.value, result.interval, result.unstable], [undefined, undefined, true]);
      assert.equal(result.reason, 'The retrained patch is not better than the base on these items.');
      assertClose(result.portedGain.value, 0.2);
    }
  });

  it('has no interval where the gain of retraining may be none', async () => {
    const result = await recovery({ ported: ones(2, 100), retrained: ones(2, 100), newBase: ofZeros(100) });
    assert.equal(result.value, 1);
    assert.equal(result.interval, undefined);
    assert.equal(result.retrainedGain.interval.low, 0);
    assert.match(result.reason ?? '', /not certain on these items/);
  });

  it('is unstable where the gain is small for its uncertainty', async () => {
    const [newBase, retrained] = [ofZeros(200), ones(8, 200)];
    const result = await recovery({ ported: newBase, retrained, newBase });
    assert.ok(result.retrainedGain.interval.low > 0);
    assert.equal(result.unstable, true);
    assert.match(result.reason ?? '', /unstable/);
    assert.ok(result.interval);
  });

  it('turns round where lower is better', async () => {
    const columns = { ported: ones(90, 100), retrained: ones(80, 100), newBase: ones(95, 100) };
    const errors = await recovery(columns, { higherIsBetter: false, draws: 500 });
    assertClose(errors.value, 1 / 3);
    assert.equal((await recovery(columns, { draws: 500 })).value, undefined);
    const likelihoods = Object.fromEntries(Object.entries(columns).map(([name, x]) => [name, x.map((y) => -1 - y)]));
    const perplexity = await recovery({ ...columns, ...likelihoods }, { aggregation: 'perplexity', draws: 500 });
    assertClose(perplexity.value, (Math.exp(1.9) - Math.exp(1.95)) / (Math.exp(1.8) - Math.exp(1.95)));
    assert.ok(perplexity.retrainedGain.value > 0);
  });

  it('is refused where the items do not match', async () => {
    const columns = { ported: ones(1, 3), retrained: ones(2, 3), newBase: ones(0, 2) };
    await assert.rejects(recovery(columns), (error) => error instanceof InputError && error.message.includes('the new base has 2')); // prettier-ignore
  });
});
