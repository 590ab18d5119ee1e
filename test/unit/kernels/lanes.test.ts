/** The compiled kernels against plain JavaScript, to the bit, and against xxHash's own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compiledKernels } from '../../../scripts/kernels.ts';
import { machineArithmetic, type Arithmetic } from '../../../src/kernels/lanes/module.ts';
import { noSums, TileBuffers } from '../../../src/port/addDelta.ts';
import { bytesPerElement, type FloatDtype } from '../../../src/safetensors/dtypes.ts';
import { difficultWeights, Kernels, plainProduct, type Product, type Sums } from '../../support/kernels.ts';
import { uniform } from '../../support/matrices.ts';

const DTYPES: readonly FloatDtype[] = ['BF16', 'F16', 'F32'];
/** One module cannot be had where the processor does not fuse. */
const ARITHMETICS: readonly Arithmetic[] = machineArithmetic() === 'fused' ? ['fused', 'separate'] : ['separate'];
const GOLDEN = join(import.meta.dirname, '../../golden/lanes/xxh64.json');

function draws(seed: number): () => number {
  const values = uniform(1 << 16, seed);
  let at = 0;
  return () => ((values[at++ % values.length] ?? 0) + 1) / 2;
}

function productOf(rows: number, rank: number, columns: number, size: number, seed: number): Product {
  const values = (length: number, from: number): Float32Array =>
    Float32Array.from(uniform(length, from), (value) => value * size);
  return { left: values(rows * rank, seed), right: values(rank * columns, seed + 1), rows, rank, columns, scale: 1.7 };
}

/** What the plain path makes of the same bytes. */
function plainly(bytes: Uint8Array, dtype: FloatDtype, delta: Float32Array): { bytes: Uint8Array; sums: Sums } {
  const result = bytes.slice();
  const sums = noSums();
  new TileBuffers().add(result, dtype, delta, sums);
  const touched = delta.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
  return {
    bytes: result,
    sums: [sums.delta, sums.weight, sums.rounding, sums.absorbed, sums.overflowed, touched],
  };
}

function assertClose(actual: Sums, expected: Sums): void {
  for (const [i, value] of expected.entries()) {
    const have = actual[i] ?? 0;
    if (i >= 3 || !Number.isFinite(value))
      assert.equal(Number.isFinite(have) ? have : NaN, Number.isFinite(value) ? value : NaN);
    else assert.ok(Math.abs(have - value) <= 1e-5 * Math.abs(value), `sum ${i}: ${have} for ${value}`);
  }
}

describe('compiled kernels', () => {
  it('are what src/kernels/assembly says', async () => {
    const committed = readFileSync(join(import.meta.dirname, '../../../src/kernels/lanes/compiled.ts'), 'utf8');
    assert.ok((await compiledKernels()) === committed, 'run `node scripts/kernels.ts`');
  });

  for (const arithmetic of ARITHMETICS)
    for (const dtype of DTYPES) {
      const kernels = new Kernels(arithmetic);

      it(`patch ${dtype} as the plain path does, ${arithmetic}`, () => {
        const random = draws(7);
        for (const [rows, rank, columns] of [
          [1, 1, 1],
          [4, 16, 512],
          [5, 3, 513],
          [9, 16, 1031],
          [2, 64, 40],
          [2, 256, 24],
          [3, 0, 8],
        ] as const)
          for (const size of [1, 1e-3, 1e-9]) {
            const weights = ordinaryWeights(dtype, rows * columns, random);
            const product = productOf(rows, rank, columns, size, rows + rank);
            const expected = plainly(weights, dtype, plainProduct(arithmetic, product));
            const actual = kernels.patch(weights, dtype, product);
            assert.deepEqual(actual.bytes, expected.bytes);
            assertClose(actual.sums, expected.sums);
          }
      });

      it(`add to every kind of ${dtype} as the plain path does, ${arithmetic}`, () => {
        const random = draws(11);
        for (const count of [1, 7, 8, 100, 512, 513, 5000]) {
          const weights = difficultWeights(dtype, count, random);
          const delta = difficultDelta(weights, dtype, random);
          const expected = plainly(weights, dtype, delta);
          const actual = kernels.add(weights, dtype, delta);
          assert.deepEqual(actual.bytes, expected.bytes);
          assertClose(actual.sums, expected.sums);
        }
      });
    }

  for (const dtype of DTYPES)
    it(`see the only weight of ${dtype} that is large, infinite or none, and the only sum that overflows`, () => {
      const kernels = new Kernels(machineArithmetic());
      const ordinary = ordinaryWeights(dtype, 600, draws(5));
      const [size, { largest, infinity, nan }] = [bytesPerElement(dtype), EXTREMES[dtype]];
      for (const [bits, change] of [
        ...[largest, infinity, infinity + SIGN[dtype], nan].map((of) => [of, 0.001] as const),
        [largest, largestDelta(dtype)] as const,
        ...[65_504, 65_519, 65_520, -65_536, 3.4e38].map((large) => [0, large] as const),
      ]) {
        const weights = ordinary.slice();
        const place = 77;
        if (size === 2) new Uint16Array(weights.buffer)[place] = bits;
        else new Uint32Array(weights.buffer)[place] = bits;
        const delta = new Float32Array(600).fill(0.001).with(place, change);
        const expected = plainly(weights, dtype, delta);
        const actual = kernels.add(weights, dtype, delta);
        assert.deepEqual(actual.bytes, expected.bytes, `${bits} + ${change}`);
        assertClose(actual.sums, expected.sums);
      }
    });

  it('keep every bit where Δ is zero', () => {
    const kernels = new Kernels(machineArithmetic());
    for (const dtype of DTYPES) {
      const weights = difficultWeights(dtype, 1000, draws(3));
      assert.deepEqual(kernels.add(weights, dtype, new Float32Array(1000)).bytes, weights);
    }
  });

  it('tell which arithmetic the machine has by a sum that comes out differently', () => {
    const step = 1 + 2 ** -12;
    const product = {
      left: Float32Array.of(-1, step),
      right: Float32Array.of(1, step),
      rows: 1,
      rank: 2,
      columns: 1,
      scale: 1,
    };
    assert.equal(plainProduct('fused', product)[0], 2 ** -11 + 2 ** -24);
    assert.equal(plainProduct('separate', product)[0], 2 ** -11);
    for (const arithmetic of ARITHMETICS) {
      const { bytes } = new Kernels(arithmetic).patch(new Uint8Array(4), 'F32', product);
      assert.equal(new Float32Array(bytes.buffer)[0], plainProduct(arithmetic, product)[0]);
    }
  });

  it("make xxHash's hashes, however the bytes come", () => {
    const { hashes } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { hashes: Record<string, string> };
    const kernels = new Kernels('separate');
    for (const [length, expected] of Object.entries(hashes)) {
      const bytes = Uint8Array.from({ length: Number(length) }, (_, i) => (i * 31 + Number(length)) % 251);
      assert.equal(kernels.hash(bytes), expected);
      const cuts = [0.1, 0.13, 0.5, 0.9].map((share) => Math.floor(share * bytes.length));
      assert.equal(kernels.hash(bytes, cuts), expected);
    }
  });

  it('see any bit that differs', () => {
    const kernels = new Kernels('separate');
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);
    assert.ok(kernels.same(bytes, bytes));
    for (let i = 0; i < bytes.length; i++) {
      const other = bytes.slice();
      other[i] = (other[i] ?? 0) ^ (1 << (i % 8));
      assert.ok(!kernels.same(bytes, other), `byte ${i}`);
    }
  });
});

const SIGN: Readonly<Record<FloatDtype, number>> = { BF16: 0x8000, F16: 0x8000, F32: 0x80000000 };
/** As bits. */
const EXTREMES: Readonly<Record<FloatDtype, { largest: number; infinity: number; nan: number }>> = {
  BF16: { largest: 0x7f7f, infinity: 0x7f80, nan: 0x7fc1 },
  F16: { largest: 0x7bff, infinity: 0x7c00, nan: 0x7e01 },
  F32: { largest: 0x7f7fffff, infinity: 0x7f800000, nan: 0x7fc00001 },
};

function largestDelta(dtype: FloatDtype): number {
  return dtype === 'F16' ? 65_504 : 3.4e38;
}

/** About as large as those of models. */
function ordinaryWeights(dtype: FloatDtype, count: number, random: () => number): Uint8Array {
  const kernels = new Kernels('separate');
  const values = Float32Array.from({ length: count }, () => (random() - 0.5) / 10);
  return kernels.add(new Uint8Array(count * bytesPerElement(dtype)), dtype, values).bytes;
}

/** Zeros, ties, what cancels the weight, what overflows, and ordinary values. */
function difficultDelta(weights: Uint8Array, dtype: FloatDtype, random: () => number): Float32Array {
  const count = weights.length / bytesPerElement(dtype);
  return Float32Array.from({ length: count }, () => {
    const values = [0, -0, 2 ** -9, 2 ** -12, 2 ** -25, 2 ** -130, 3e38, -3e38, 65_519, 65_520, random() - 0.5];
    return values[Math.floor(random() * values.length)] ?? 0;
  });
}
