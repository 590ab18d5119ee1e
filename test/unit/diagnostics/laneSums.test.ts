/** What a lane sums up against what the main thread does, element by element. */
import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Checkpoint, type LocatedTensor } from '../../../src/checkpoint/checkpoint.ts';
import { laneJob, sumInLane } from '../../../src/diagnostics/figures/laneSums.ts';
import { sumHere, type TensorSums } from '../../../src/diagnostics/figures/tensorSums.ts';
import { machineArithmetic } from '../../../src/kernels/lanes/module.ts';
import type { LowRankKernel } from '../../../src/kernels/lowRank.ts';
import { LowRankDelta } from '../../../src/patch/methods/lowRank.ts';
import type { FloatDtype } from '../../../src/safetensors/dtypes.ts';
import { LLAMA_CONFIG, writeSafetensors } from '../../support/fixtures.ts';
import { difficultWeights, plainProduct } from '../../support/kernels.ts';
import { uniform } from '../../support/matrices.ts';
import { temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const NAME = 'model.layers.0.self_attn.q_proj.weight';
const [ROWS, RANK, COLUMNS] = [37, 5, 523];

const kernel: LowRankKernel = {
  device: 'cpu',
  product: (left, right, shape, scale) =>
    Promise.resolve(plainProduct(machineArithmetic(), { left, right, ...shape, scale })),
};

function deltaOf(size: number): LowRankDelta {
  const values = (length: number, seed: number): Float32Array =>
    Float32Array.from(uniform(length, seed), (value) => value * size);
  const left = values(ROWS * RANK, 1);
  // Rows that the patch leaves alone.
  left.fill(0, 4 * RANK, 12 * RANK);
  const shape = { rows: ROWS, rank: RANK, columns: COLUMNS };
  return new LowRankDelta({ left, right: values(RANK * COLUMNS, 2), shape, scale: 0.5 }, kernel);
}

async function tensorIn(
  folder: string,
  dtype: FloatDtype,
  bytes: Uint8Array,
): Promise<{ base: Checkpoint; tensor: LocatedTensor }> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(LLAMA_CONFIG));
  await writeSafetensors(join(folder, 'model.safetensors'), { [NAME]: [ROWS, COLUMNS] }, dtype, { [NAME]: bytes });
  const base = await Checkpoint.open(folder);
  const tensor = base.tensors.get(NAME);
  assert.ok(tensor);
  return { base, tensor };
}

function ordinary(dtype: FloatDtype, seed: number): Uint8Array {
  const count = ROWS * COLUMNS;
  const values = uniform(count, seed);
  if (dtype === 'F32') return new Uint8Array(Float32Array.from(values, (value) => value / 10).buffer);
  // Exponents of about 2⁻⁴, any mantissa.
  const exponent = dtype === 'BF16' ? 0x3d00 : 0x2c00;
  return new Uint8Array(
    Uint16Array.from(values, (value) => exponent + Math.abs(value) * 0x3ff + (value < 0 ? 0x8000 : 0)).buffer,
  );
}

function assertSame(actual: TensorSums, expected: TensorSums): void {
  const close = (have: number, want: number, what: string): void => {
    if (Number.isFinite(want))
      assert.ok(Math.abs(have - want) <= 2e-5 * Math.abs(want) + 1e-12, `${what}: ${have} for ${want}`);
    else assert.ok(!Number.isFinite(have), what);
  };
  assert.deepEqual(actual.bins, expected.bins);
  for (const dtype of ['BF16', 'F16', 'F32'] as const) {
    assert.deepEqual(actual.rounding[dtype].absorbedBins, expected.rounding[dtype].absorbedBins, dtype);
    close(actual.rounding[dtype].lost, expected.rounding[dtype].lost, `lost in ${dtype}`);
  }
  for (const key of ['delta', 'weight', 'oldWeight', 'evolution', 'weights'] as const)
    close(actual[key], expected[key], key);
  const scale = Math.sqrt(expected.delta * expected.evolution);
  if (Number.isFinite(scale)) assert.ok(Math.abs(actual.deltaEvolution - expected.deltaEvolution) <= 1e-6 * scale);
  assert.equal(actual.elements, expected.elements);
}

describe('sums that a lane makes', () => {
  for (const [dtype, oldDtype] of [
    ['BF16', 'BF16'],
    ['F16', 'F16'],
    ['F32', 'F32'],
    ['BF16', 'F16'],
    ['BF16', undefined],
  ] as const)
    for (const kind of ['ordinary', 'difficult'] as const)
      it(`are those of the main thread: ${kind} ${dtype}, old base ${oldDtype ?? 'unknown'}`, async () => {
        await using folder = await temporaryFolder();
        let at = 3;
        const random = (): number => (Math.imul(at++, 2654435761) >>> 0) / 2 ** 32;
        const bytes = (of: FloatDtype, seed: number): Uint8Array =>
          kind === 'ordinary' ? ordinary(of, seed) : difficultWeights(of, ROWS * COLUMNS, random);
        const now = await tensorIn(join(folder.path, 'now'), dtype, bytes(dtype, 5));
        const then = oldDtype && (await tensorIn(join(folder.path, 'then'), oldDtype, bytes(oldDtype, 6)));
        for (const size of [0.1, 1e-4, 1e-10]) {
          const tensors = { delta: deltaOf(size), weight: now.tensor, oldWeight: then?.tensor, retrained: undefined };
          const job = laneJob(tensors);
          assert.ok(job);
          let elements = 0;
          const actual = await sumInLane(job, (more) => (elements += more), NEVER);
          assertSame(actual, await sumHere(tensors, () => undefined, NEVER));
          assert.equal(elements, ROWS * COLUMNS);
        }
        await now.base.close();
        await then?.base.close();
      });

  it('name the base that cannot be read', async () => {
    await using folder = await temporaryFolder();
    const now = await tensorIn(join(folder.path, 'now'), 'BF16', ordinary('BF16', 5));
    const then = await tensorIn(join(folder.path, 'then'), 'BF16', ordinary('BF16', 6));
    await truncate(join(folder.path, 'then', 'model.safetensors'), 2000);
    const job = laneJob({ delta: deltaOf(0.1), weight: now.tensor, oldWeight: then.tensor, retrained: undefined });
    assert.ok(job);
    await assert.rejects(
      sumInLane(job, () => undefined, NEVER),
      /then\/model\.safetensors ended while it was being read/,
    );
    await now.base.close();
    await then.base.close();
  });
});
