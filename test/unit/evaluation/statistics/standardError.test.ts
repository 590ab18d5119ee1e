/** Against lm-eval's own numbers (test/golden/statistics/make_statistics.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { CancelledError, InputError } from '../../../../src/base/errors.ts';
import { standardError } from '../../../../src/evaluation/statistics/standardError.ts';
import { asAggregation, assertClose, column, reference } from './golden.ts';

describe('a standard error', () => {
  for (const { aggregation, column: name, iterations, value } of reference.standardErrors)
    it(`is lm-eval's: ${name}, ${iterations} iterations`, async () => {
      const options = { bootstrapIterations: iterations };
      const result = await standardError(asAggregation(aggregation), column(name), options);
      if (value === null) assert.equal(result, undefined);
      else assertClose(result?.value, value, 2e-15);
    });

  it('is of 100,000 draws unless told, and says so', async () => {
    const result = await standardError('f1', column('f1').slice(0, 20));
    assert.equal(result?.method, 'bootstrap');
    assert.equal(result.text, "standard error by bootstrap, n = 20, 100,000 draws (lm-eval's)");
  });

  it('leaves out what lm-eval leaves out: iterations beyond whole chunks', async () => {
    const [of2500, of2000] = await Promise.all(
      [2500, 2000].map((bootstrapIterations) => standardError('f1', column('f1'), { bootstrapIterations })),
    );
    assert.match(of2500?.text ?? '', / 2,000 draws/);
    assert.equal(of2500?.value, of2000?.value);
  });

  it('is √(p(1 − p)/(n − 1)) of zeros and ones', async () => {
    const result = await standardError('mean', [1, 1, 1, 0]);
    assertClose(result?.value, Math.sqrt((0.75 * 0.25) / 3));
    assert.equal(result?.text, "standard error of the mean, n = 4 (lm-eval's)");
  });

  it('is "N/A" of one item, and without iterations', async () => {
    assert.equal(await standardError('mean', [1]), undefined);
    assert.equal(await standardError('mean', [1, 0], { bootstrapIterations: 0 }), undefined);
    await assert.rejects(standardError('f1', column('f1'), { bootstrapIterations: 1.5 }), InputError);
    await assert.rejects(standardError('mean', [1, [0, 1]]), /Item 1 holds a pair/);
  });

  it('can be cancelled while it is drawn', async () => {
    const controller = new AbortController();
    const started = performance.now();
    const result = standardError('f1', column('f1'), { bootstrapIterations: 1e7, signal: controller.signal });
    const refused = assert.rejects(result, CancelledError);
    await setTimeout(20);
    controller.abort();
    await refused;
    assert.ok(performance.now() - started < 30_000, 'it went on');
  });
});
