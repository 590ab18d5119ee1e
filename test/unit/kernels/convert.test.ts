/** Against torch's conversions: test/golden/convert/make_convert.py says how the hashes and literals were made. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { narrow, widen } from '../../../src/kernels/convert.ts';
import { ROOT } from '../../support/paths.ts';

type Half = 'F16' | 'BF16';
const HALVES: readonly Half[] = ['F16', 'BF16'];
const INFINITY = { F16: 0x7c00, BF16: 0x7f80 };

const golden = JSON.parse(readFileSync(join(ROOT, 'test/golden/convert/convert.json'), 'utf8')) as {
  widen: Record<Half, string>;
  narrow: Record<string, Record<Half | 'inputs', string>>;
  literals: Record<string, Record<Half, string>>;
};

function sha256(values: Uint16Array | Uint32Array): string {
  return createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
}

/** Every NaN as one pattern, as in the golden file: which NaN it is does not matter. */
function narrowed(bits: Uint32Array, dtype: Half): Uint16Array {
  const result = new Uint16Array(bits.length);
  narrow(new Float32Array(bits.buffer), dtype, new Uint8Array(result.buffer));
  return result.map((half) => ((half & 0x7fff) > INFINITY[dtype] ? 0x7fff : half));
}

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
}

function floatBits(values: readonly number[]): number[] {
  return [...new Uint32Array(Float32Array.from(values).buffer)];
}

/** The value of a finite half without a sign; of 0x7c00 what would follow. */
function halfValue(half: number): number {
  const [exponent, mantissa] = [half >> 10, half & 0x3ff];
  return exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Each pattern, its neighbours, and all of them with the other sign. */
function around(bits: readonly number[]): Uint32Array {
  const near = bits.flatMap((pattern) => [pattern - 1, pattern, pattern + 1]);
  return Uint32Array.from([...near, ...near.map((pattern) => (pattern | 0x80000000) >>> 0)]);
}

function random(count: number): Uint32Array {
  let state = 12345;
  return Uint32Array.from({ length: count }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0));
}

const CLASSES: Record<string, () => Uint32Array> = {
  halves: () => around(floatBits(range(1, 0x7c00).map(halfValue))),
  'ties between halves': () => around(floatBits(range(0, 0x7c00).map((h) => (halfValue(h) + halfValue(h + 1)) / 2))),
  bfloat16s: () => around(range(1, 0x7f80).map((upper) => upper * 65536)),
  'ties between bfloat16s': () => around(range(0, 0x7f80).map((upper) => upper * 65536 + 0x8000)),
  'subnormal float32s': () => Uint32Array.from(range(0, 0x800000, 257)),
  'infinities and NaNs': () =>
    Uint32Array.from([0x7f800000, 0xff800000].flatMap((first) => range(first, first + 0x800000, 997))),
  random: () => random(100_000),
};

for (const dtype of HALVES) {
  it(`all 65,536 ${dtype} patterns widen as torch widens them`, () => {
    const values = new Float32Array(65536);
    widen(new Uint8Array(Uint16Array.from(range(0, 65536)).buffer), dtype, values);
    const bits = new Uint32Array(values.buffer).map((word) => ((word & 0x7fffffff) > 0x7f800000 ? 0x7fffffff : word));
    assert.equal(sha256(bits), golden.widen[dtype]);
  });

  it(`every ${dtype} that is a number narrows back to itself`, () => {
    const halves = Uint16Array.from(range(0, 65536)).filter((half) => (half & 0x7fff) <= INFINITY[dtype]);
    const values = new Float32Array(halves.length);
    widen(new Uint8Array(halves.buffer), dtype, values);
    const back = new Uint16Array(halves.length);
    narrow(values, dtype, new Uint8Array(back.buffer));
    assert.deepEqual(back, halves);
  });

  describe(`float32 narrows to ${dtype} as in torch`, () => {
    for (const [bits, expected] of Object.entries(golden.literals))
      it(`${bits} → ${expected[dtype]}`, () => {
        const [half = -1] = narrowed(Uint32Array.of(parseInt(bits, 16)), dtype);
        assert.equal(half.toString(16).padStart(4, '0'), expected[dtype]);
      });

    for (const [rule, make] of Object.entries(CLASSES))
      it(rule, () => {
        const bits = make();
        assert.equal(sha256(bits), golden.narrow[rule]?.inputs, 'the inputs are those of the golden file');
        assert.equal(sha256(narrowed(bits, dtype)), golden.narrow[rule]?.[dtype]);
      });
  });
}
