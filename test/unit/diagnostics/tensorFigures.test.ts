/** Figures of one tensor against float64 NumPy (test/golden/figures/make_figures.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../src/base/errors.ts';
import type { Progress } from '../../../src/base/progress.ts';
import { tensorFigures } from '../../../src/diagnostics/tensorFigures.ts';
import type { ValueFigures } from '../../../src/diagnostics/figureTypes.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const CASE = join(ROOT, 'test/golden/figures/case');
const FILE = join(CASE, 'tensors.safetensors');
const EXPECTED = JSON.parse(readFileSync(join(CASE, 'figures.json'), 'utf8')) as Readonly<Record<string, ValueFigures>>;
const CLOSE = 1e-9;

const figuresOf = (
  file: string,
  tensor: string,
  signal = new AbortController().signal,
): ReturnType<typeof tensorFigures> => tensorFigures({ file, tensor }, () => undefined, signal);

function assertClose(actual: number | null, expected: number | null, scale: number, what: string): void {
  if (expected === null) assert.equal(actual, null, what);
  else assert.ok(Math.abs((actual ?? NaN) - expected) <= CLOSE * scale, `${what}: ${actual} for ${expected}`);
}

describe('the figures of a tensor', () => {
  for (const [name, expected] of Object.entries(EXPECTED))
    it(`are NumPy's: ${name}`, async () => {
      const actual = await figuresOf(FILE, name);
      for (const key of ['elements', 'zeros', 'nans', 'infinities', 'largest'] as const)
        assert.equal(actual[key], expected[key], key);
      assert.deepEqual(actual.powers, expected.powers);
      assertClose(actual.norm, expected.norm, expected.norm ?? 1, 'norm');
      // A mean may be a small rest of large values.
      assertClose(actual.mean, expected.mean, expected.largest, 'mean');
      assertClose(actual.deviation, expected.deviation, expected.deviation ?? 1, 'deviation');
    });

  it('are added up over pieces, with progress to the end', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'large.safetensors');
    const ones = new Uint8Array(new Float32Array(1_500_000).fill(-0.5).buffer);
    await writeSafetensors(file, { a: [3_000_000] }, 'F32', { a: ones });
    const seen: Progress[] = [];
    const request = { file, tensor: 'a' };
    const figures = await tensorFigures(
      request,
      (progress) => seen.push({ ...progress }),
      new AbortController().signal,
    );
    assert.deepEqual([figures.zeros, figures.elements], [1_500_000, 3_000_000]);
    assert.deepEqual(figures.powers, [{ exponent: -1, count: 1_500_000 }]);
    assertClose(figures.norm, Math.sqrt(1_500_000 / 4), 612, 'norm');
    assertClose(figures.mean, -0.25, 1, 'mean');
    assert.equal(seen.at(-1)?.bytesDone, 12_000_000);
  });

  it('have no norm where the squares are beyond float64', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'vast.safetensors');
    await writeSafetensors(file, { a: [2] }, 'F64', { a: new Uint8Array(Float64Array.of(1e200, -1e200).buffer) });
    const { norm, largest, mean, deviation } = await figuresOf(file, 'a');
    assert.deepEqual([norm, largest, mean, deviation], [null, 1e200, 0, null]);
  });

  it('end when they are cancelled', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'large.safetensors');
    await writeSafetensors(file, { a: [50_000_000] });
    const controller = new AbortController();
    let reports = 0;
    const job = tensorFigures(
      { file, tensor: 'a' },
      () => {
        if (++reports === 2) controller.abort();
      },
      controller.signal,
    );
    await assert.rejects(job, CancelledError);
  });

  it('are refused with the reason: dtypes that are not known, tensors and files that are not there', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'four.safetensors');
    await writeSafetensors(file, { a: [4] }, 'F4');
    await assert.rejects(figuresOf(file, 'a'), (error) => error instanceof InputError && /a .*F4/.test(error.message));
    await assert.rejects(figuresOf(file, '__proto__'), /has no tensor "__proto__"/);
    await assert.rejects(figuresOf(join(folder.path, 'none.safetensors'), 'a'), InputError);
  });
});
