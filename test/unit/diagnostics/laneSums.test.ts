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

function bitsIn({ buffer }: Uint8Array, dtype: FloatDtype): Uint16Array | Uint32Array {
  return dtype === 'F32' ? new Uint32Array(buffer) : new Uint16Array(buffer);
}

/** Ordinary, but for some that a half does not hold, and zeros. */
function withSmall(dtype: FloatDtype, seed: number): Uint8Array {
  const bytes = ordinary(dtype, seed);
  const small = { BF16: [0x3583, 0xb281], F16: [0x0003, 0x8101], F32: [0x35830101, 0xb2810011] }[dtype];
  const all = bitsIn(bytes, dtype);
  for (let i = 0; i < all.length; i += 7) all[i] = small[i % 3] ?? 0;
  return bytes;
}

/** Ordinary, but for one in the middle. */
function withOne(dtype: FloatDtype, seed: number, bits: Readonly<Record<FloatDtype, number>>): Uint8Array {
  const bytes = ordinary(dtype, seed);
  const all = bitsIn(bytes, dtype);
  all[Math.floor(all.length / 2)] = bits[dtype];
  return bytes;
}

/** float32, ordinary but for every so manieth, which grows by `step`. */
function withTiny(step: number, every: number): Uint8Array {
  const values = new Float32Array(ordinary('F32', 5).buffer);
  for (let i = 0; i < values.length; i += every) values[i] = step * (i + 1);
  return new Uint8Array(values.buffer);
}

const KINDS: Readonly<Record<string, (dtype: FloatDtype, seed: number) => Uint8Array>> = {
  ordinary,
  'some small': withSmall,
  'one infinite': (dtype, seed) => withOne(dtype, seed, { BF16: 0x7f80, F16: 0x7c00, F32: 0x7f800000 }),
  'one NaN': (dtype, seed) => withOne(dtype, seed, { BF16: 0x7fc0, F16: 0x7e00, F32: 0x7fc00000 }),
  'one of 40,000': (dtype, seed) => withOne(dtype, seed, { BF16: 0x471c, F16: 0x78e2, F32: 0x471c4000 }),
  difficult: (dtype, seed) => {
    let at = seed;
    return difficultWeights(dtype, ROWS * COLUMNS, () => (Math.imul(at++, 2654435761) >>> 0) / 2 ** 32);
  },
};

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
    ['F16', 'BF16'],
    ['F32', 'BF16'],
    ['F16', undefined],
    ['BF16', undefined],
  ] as const)
    for (const [kind, bytes] of Object.entries(KINDS))
      it(`are those of the main thread: ${kind} ${dtype}, old base ${oldDtype ?? 'unknown'}`, async () => {
        await using folder = await temporaryFolder();
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

  for (const [key, size, now, then] of [
    ['delta', 1e-15, ordinary('F32', 5), undefined],
    ['evolution', 0.1, withTiny(1e-27, 3), withTiny(3e-27, 3)],
    ['oldWeight', 0.1, ordinary('F32', 5), withTiny(1e-27, 1)],
  ] as const)
    it(`are kept where the squares of ${key} are below what float32 holds`, async () => {
      await using folder = await temporaryFolder();
      const weight = await tensorIn(join(folder.path, 'now'), 'F32', now);
      const old = then && (await tensorIn(join(folder.path, 'then'), 'F32', then));
      const tensors = {
        ...{ delta: deltaOf(size), retrained: undefined },
        ...{ weight: weight.tensor, oldWeight: old?.tensor },
      };
      const job = laneJob(tensors);
      assert.ok(job);
      const actual = await sumInLane(job, () => undefined, NEVER);
      const expected = await sumHere(tensors, () => undefined, NEVER);
      assert.ok(expected[key] > 0 && expected[key] < 1e-37);
      assert.ok(Math.abs(actual[key] / expected[key] - 1) < 1e-6, `${actual[key]} for ${expected[key]}`);
      await weight.base.close();
      await old?.base.close();
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
