/** Labels may be as many as items: a table of all pairs of them would be their square. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aggregate } from '../../../../src/evaluation/statistics/aggregations.ts';
import { matthews } from '../../../../src/evaluation/statistics/labels.ts';
import { standardError } from '../../../../src/evaluation/statistics/standardError.ts';
import { soon } from '../data/hostile.ts';
import { assertClose } from './golden.ts';

const everyOne = (count: number): (readonly [number, number])[] => Array.from({ length: count }, (_, i) => [i, i + 1]);

it('a thousand labels are drawn a thousand times soon', async () => {
  const error = await soon(() => standardError('matthews_corrcoef', everyOne(1000), { bootstrapIterations: 1000 }));
  assert.ok(error !== undefined && error.value >= 0);
});

it('a hundred thousand labels take no more than their items', async () => {
  const values = everyOne(100_000);
  const value = await soon(() => Promise.resolve(aggregate('matthews_corrcoef', values)));
  assertClose(value, -1e-5, 1e-3);
});

it('labels are told apart whatever they are', () => {
  const pairs = [
    [0, 0],
    [-1, -1],
    [2.5, 2.5],
    [NaN, NaN],
    [7, 0],
  ] as const;
  // (c·s − Σ t·p) / √((s² − Σ p²)(s² − Σ t²)) with c = 4, s = 5
  assertClose(matthews(pairs)(Int32Array.of(0, 1, 2, 3, 4)), (20 - 5) / Math.sqrt((25 - 7) * (25 - 5)));
  assert.equal(matthews(pairs)(Int32Array.of(0, 0, 0)), 0);
});
