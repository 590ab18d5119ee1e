import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { narrow, widen } from '../../../src/kernels/convert.ts';

const VALUES = Float32Array.of(1, -2, 0.5);
/** VALUES in each dtype, little-endian. */
const BYTES = {
  F32: [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f],
  F16: [0, 0x3c, 0, 0xc0, 0, 0x38],
  BF16: [0x80, 0x3f, 0, 0xc0, 0, 0x3f],
} as const;
const DTYPES = ['F32', 'F16', 'BF16'] as const;

for (const dtype of DTYPES)
  describe(`${dtype} in a buffer`, () => {
    for (const offset of [0, 1, 2, 3, 5])
      it(`is widened and narrowed at byte ${offset}, and nothing beside it`, () => {
        const buffer = new Uint8Array(32).fill(0xee);
        const bytes = buffer.subarray(offset, offset + BYTES[dtype].length);
        narrow(VALUES, dtype, bytes);
        assert.deepEqual([...bytes], [...BYTES[dtype]]);
        assert.ok(buffer.every((byte, i) => byte === 0xee || (i >= offset && i < offset + bytes.length)));
        const before = buffer.slice();
        const values = new Float32Array(3);
        widen(bytes, dtype, values);
        assert.deepEqual(values, VALUES);
        assert.deepEqual(buffer, before);
      });

    it('is widened into, and narrowed from, a part of a larger array', () => {
      const larger = new Float32Array(8).fill(7);
      widen(Uint8Array.from(BYTES[dtype]), dtype, larger.subarray(2, 5));
      assert.deepEqual([...larger], [7, 7, ...VALUES, 7, 7, 7]);
      const bytes = new Uint8Array(BYTES[dtype].length);
      narrow(larger.subarray(2, 5), dtype, bytes);
      assert.deepEqual([...bytes], [...BYTES[dtype]]);
    });

    it('may be shorter than the array of floats', () => {
      const longer = new Float32Array(5).fill(7);
      widen(Uint8Array.from(BYTES[dtype]), dtype, longer);
      assert.deepEqual([...longer], [...VALUES, 7, 7]);
      const bytes = new Uint8Array(BYTES[dtype].length);
      narrow(longer, dtype, bytes);
      assert.deepEqual([...bytes], [...BYTES[dtype]]);
    });

    it('may be empty', () => {
      const values = Float32Array.of(7);
      widen(new Uint8Array(0), dtype, values);
      narrow(values, dtype, new Uint8Array(0));
      assert.deepEqual([...values], [7]);
    });
  });

it('float32 keeps every bit, of NaNs too', () => {
  const bits = Uint32Array.of(0x7f800001, 0xffc12345, 0x80000000, 1);
  const values = new Float32Array(4);
  widen(new Uint8Array(bits.buffer), 'F32', values);
  const bytes = new Uint8Array(16);
  narrow(values, 'F32', bytes);
  assert.deepEqual(new Uint32Array(bytes.buffer), bits);
});
