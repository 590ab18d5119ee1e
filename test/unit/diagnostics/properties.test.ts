/** What must hold of the figures whatever the patch is. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { diagnose } from '../../../src/diagnostics/diagnose.ts';
import { ChanceAngles, cosinesBetween } from '../../../src/diagnostics/figures/angles.ts';
import type { Diagnosis } from '../../../src/diagnostics/types.ts';
import { gaussian } from '../../../src/kernels/linalg/gaussian.ts';
import { orthonormalise } from '../../../src/kernels/linalg/qr.ts';
import type { Vectors } from '../../../src/kernels/linalg/vectors.ts';
import { readFloats } from '../../../src/patch/tensorReader.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { writeTensors } from '../../support/fixtures.ts';
import { plainKernel } from '../../support/matrices.ts';
import { ROOT } from '../../support/paths.ts';

const VARIANTS = join(ROOT, 'test/golden/variants/cases');
const PATCH = join(VARIANTS, 'layers-to-transform/patch');
const BASES = { from: join(VARIANTS, 'bases/llama-old'), onto: join(VARIANTS, 'bases/llama-new') };

function run(patch: string): Promise<Diagnosis> {
  const request = { ...BASES, patch, against: PATCH, scale: 1, directions: 4 };
  return diagnose(request, plainKernel, () => undefined, new AbortController().signal);
}

/** Of the first two rows of A [r, n], and of the first two columns of B [m, r]: (A, B) → (RA, BRᵀ). */
function rotated(name: string, [rows = 0, columns = 0]: readonly number[], values: Float32Array): Float32Array {
  const [cos, sin] = [Math.cos(1), Math.sin(1)];
  const isA = name.includes('lora_A');
  const result = values.slice();
  for (let i = 0; i < (isA ? columns : rows); i++) {
    const [first, second] = isA ? [i, columns + i] : [i * columns, i * columns + 1];
    const [x, y] = [values[first] ?? 0, values[second] ?? 0];
    result[first] = cos * x - sin * y;
    result[second] = sin * x + cos * y;
  }
  return result;
}

function randomSpace(count: number, length: number, seed: number): Vectors {
  const vectors = { count, length, data: gaussian(count * length, seed) };
  orthonormalise(vectors);
  return vectors;
}

describe('figures of weights', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portllm-rotated-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('do not change when the factors of a patch are rotated', async () => {
    await cp(PATCH, folder, { recursive: true });
    await using file = await TensorFile.open(join(PATCH, 'adapter_model.safetensors'));
    const tensors = [];
    for (const { name, shape } of file.header.tensors.values())
      tensors.push({ name, shape, values: rotated(name, shape, await readFloats(file, name)) });
    await writeTensors(join(folder, 'adapter_model.safetensors'), tensors);
    const [before, now] = [await run(PATCH), await run(folder)];
    const flat = ({ tensors: all }: Diagnosis): number[] =>
      all.flatMap(({ norms, spectrum, alignment, kept, retrained, angles }) => [
        ...[norms.delta, spectrum.stableRank, ...spectrum.values.slice(0, 2), alignment?.cosine.value ?? NaN],
        ...[alignment?.columns?.value ?? NaN, alignment?.rows?.value ?? NaN, kept?.newBase ?? NaN],
        ...[retrained?.cosine.value ?? NaN, ...(angles?.columns.cosines ?? []), ...(angles?.rows.cosines ?? [])],
      ]);
    const [expected, found] = [flat(before), flat(now)];
    assert.equal(found.length, expected.length);
    found.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-5, `${i}: ${value}`));
  });

  it('find a patch beside itself: no distance, every angle zero', async () => {
    const { tensors } = await run(PATCH);
    for (const { retrained, angles } of tensors) {
      // ‖Δ‖² + ‖Δ‖² − 2‖Δ‖² of products in float32.
      assert.ok((retrained?.distance.value ?? 1) < 1e-3);
      assert.ok(angles?.columns.cosines.every((cosine) => cosine > 1 - 1e-9));
      assert.ok((angles?.columns.chance[0] ?? 1) < 0.999, 'a random pair is not the same');
    }
  });
});

describe('principal angles', () => {
  it('are those of planes that share a line', () => {
    const basis = randomSpace(3, 50, 1);
    const plane = (a: number, b: number): Vectors => ({
      ...{ count: 2, length: 50 },
      data: Float64Array.from([...basis.data.slice(a * 50, a * 50 + 50), ...basis.data.slice(b * 50, b * 50 + 50)]),
    });
    const [first = NaN, second = NaN] = cosinesBetween(plane(0, 1), plane(2, 0));
    assert.ok(Math.abs(first - 1) < 1e-12 && Math.abs(second) < 1e-12, `${first}, ${second}`);
  });

  it('of a random pair hold r·s/m of each other on average, and are the same at every draw', () => {
    const cosines = new ChanceAngles().of(32, 16, 1000);
    assert.equal(cosines.length, 16);
    const held = cosines.reduce((sum, cosine) => sum + cosine * cosine, 0);
    assert.ok(Math.abs(held / ((32 * 16) / 1000) - 1) < 0.15, String(held));
    assert.deepEqual(new ChanceAngles().of(32, 16, 1000), cosines);
  });
});
