/** Against numpy's exact decomposition of the same matrices (test/golden/svd/make_svd.py). */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { gaussian, xoshiro128 } from '../../../src/kernels/linalg/gaussian.ts';
import { svdForEnergy, truncatedSvd } from '../../../src/kernels/linalg/randomisedSvd.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import golden from '../../golden/svd/svd.json' with { type: 'json' };
import { errorOf, noise, plainKernel, streamOf, withSpectrum, type Matrix } from '../../support/matrices.ts';

type Case = (typeof golden.cases)[number];

function make({ spectrum, parameter, rows, columns }: Case): Matrix {
  if (spectrum === 'noise') return noise(rows, columns, 1);
  const value = (i: number): number => (spectrum === 'power' ? i ** parameter : parameter ** i);
  return withSpectrum(
    rows,
    columns,
    Array.from({ length: Math.min(rows, columns) }, (_, i) => value(i + 1)),
  );
}

const ort = await OrtKernel.create('cpu');
after(() => ort.release());

for (const item of golden.cases) {
  const { spectrum, parameter, rows, columns } = item;
  describe(`${rows} × ${columns}, ${spectrum} ${parameter}`, () => {
    const matrix = make(item);
    for (const kernel of [plainKernel, ort])
      for (const [rank, exact] of Object.entries(item.errors))
        it(`rank ${rank} on ${kernel.device} errs at most 1 % more than the best`, async (test) => {
          const result = await truncatedSvd(streamOf(matrix), kernel, { rank: Number(rank), tileElements: 8192 });
          const error = errorOf(matrix, result);
          assert.ok(error >= exact * (1 - 1e-4) && error <= exact * 1.01, `${error}, not ${exact}`);
          assert.ok(Math.abs(Math.sqrt(result.energy) - item.norm) <= 1e-7 * item.norm);
          const kept = 1 - (error / item.norm) ** 2;
          assert.ok(Math.abs(result.kept - kept) <= 1e-6, `${result.kept} is not ${kept}`);
          const worst = assertValues(result.values, item);
          test.diagnostic(`error ${(error / exact).toFixed(7)} of the best; values below by up to ${worst.toFixed(7)}`);
        });

    it('the smallest rank for a share of the energy', async () => {
      for (const [share, exact] of Object.entries(item.shares)) {
        const result = await svdForEnergy(streamOf(matrix), ort, Number(share), { maxRank: 160 });
        // Rank for rank a little is lost where all directions hold about the same.
        assert.ok(result.rank >= exact && result.rank <= Math.ceil(exact * 1.05), `${result.rank}, not ${exact}`);
        assert.ok(result.kept >= Number(share) * (1 - 1e-6) && result.shortfall === undefined);
      }
    });
  });
}

/** The computed values are those of a projection: never above the exact ones, but by float32's rounding. */
function assertValues(values: Float64Array, { values: exact }: Case): number {
  const largest = exact[0]!;
  const below = Array.from(values, (value, i) => (exact[i]! - value) / largest);
  assert.ok(Math.min(...below) >= -1e-6, `${Math.min(...below)}`);
  assert.ok(Math.max(...below) <= 0.2, `${Math.max(...below)}`);
  return Math.max(...below);
}

describe('the random values of a seed', () => {
  for (const [seed, { words, normal }] of Object.entries(golden.seeds))
    it(seed, () => {
      const next = xoshiro128(Number(seed));
      assert.deepEqual(
        words.map(() => next()),
        words,
      );
      const values = gaussian(normal.length, Number(seed));
      for (const [i, value] of normal.entries()) assert.ok(Math.abs(values[i]! - value) <= 1e-14 * Math.abs(value));
      assert.deepEqual([...gaussian(5, Number(seed))], [...values.subarray(0, 5)], 'an odd number of them');
    });

  it('are normal: moments and tail of 200,000', () => {
    const values = gaussian(200_000, 7);
    const mean = (of: (value: number) => number): number =>
      values.reduce((sum, value) => sum + of(value), 0) / values.length;
    const close = (actual: number, expected: number, error: number): void =>
      assert.ok(Math.abs(actual - expected) <= error, `${actual} is not ${expected}`);
    // Four standard errors of each.
    close(
      mean((value) => value),
      0,
      0.009,
    );
    close(
      mean((value) => value ** 2),
      1,
      0.013,
    );
    close(
      mean((value) => value ** 4),
      3,
      0.09,
    );
    close(
      mean((value) => (Math.abs(value) > 2 ? 1 : 0)),
      0.0455,
      0.002,
    );
  });
});
