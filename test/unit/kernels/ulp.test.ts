import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addUlpDifferences } from '../../support/ulp.ts';
import type { FloatDtype } from '../../../src/safetensors/dtypes.ts';

function bytes(dtype: FloatDtype, bits: readonly number[]): Uint8Array {
  const values = dtype === 'F32' ? Uint32Array.from(bits) : Uint16Array.from(bits);
  return new Uint8Array(values.buffer);
}

function difference(dtype: FloatDtype, a: readonly number[], b: readonly number[]) {
  const totals = { different: 0, worst: 0 };
  addUlpDifferences(bytes(dtype, a), bytes(dtype, b), dtype, totals);
  return totals;
}

/** Bits in each dtype: zero's sign, one, and the number before infinity. */
const BITS = {
  F32: { sign: 0x80000000, one: 0x3f800000, largest: 0x7f7fffff },
  F16: { sign: 0x8000, one: 0x3c00, largest: 0x7bff },
  BF16: { sign: 0x8000, one: 0x3f80, largest: 0x7f7f },
} as const;

for (const dtype of ['F32', 'F16', 'BF16'] as const) {
  const { sign, one, largest } = BITS[dtype];
  describe(`the distance of two ${dtype} in units in the last place`, () => {
    const CASES: readonly (readonly [rule: string, a: number, b: number, worst: number])[] = [
      ['of neighbours is 1', one, one + 1, 1],
      ['of neighbours across a power of two is 1', one, one - 1, 1],
      ['of negative neighbours is 1', sign + one, sign + one + 1, 1],
      ['grows with what lies between', one, one + 37, 37],
      ['of zero and the smallest number is 1', 0, 1, 1],
      ['of negative zero and the smallest number is 1', sign, 1, 1],
      ['of zero and the smallest negative number is 1', 0, sign + 1, 1],
      ['across zero is the sum of both sides', 3, sign + 4, 7],
      ['of the two zeros is 0', 0, sign, 0],
      ['of the two infinities counts all numbers', largest + 1, sign + largest + 1, 2 * (largest + 1)],
      ['of the largest number and infinity is 1', largest, largest + 1, 1],
    ];
    for (const [rule, a, b, worst] of CASES)
      it(rule, () => {
        assert.deepEqual(difference(dtype, [a], [b]), { different: 1, worst });
        assert.deepEqual(difference(dtype, [b], [a]), { different: 1, worst }, 'and the other way round');
      });

    it('of equal bits is none', () => {
      const same = [0, sign, one, largest, largest + 1, largest + 2];
      assert.deepEqual(difference(dtype, same, same), { different: 0, worst: 0 });
    });

    it('counts every element that differs and keeps the worst', () => {
      const totals = difference(dtype, [one, one, 5, one], [one + 9, one, 3, one - 1]);
      assert.deepEqual(totals, { different: 3, worst: 9 });
    });
  });
}

it('the differences of several buffers add up, of parts of larger buffers too', () => {
  const totals = { different: 2, worst: 5 };
  const buffer = Uint8Array.of(0xee, 0, 0x3c, 0, 0x3c, 0xee);
  addUlpDifferences(buffer.subarray(1, 5), bytes('F16', [0x3c00, 0x3c03]), 'F16', totals);
  assert.deepEqual(totals, { different: 3, worst: 5 });
  addUlpDifferences(buffer.subarray(1, 5), bytes('F16', [0x3c08, 0x3c00]), 'F16', totals);
  assert.deepEqual(totals, { different: 4, worst: 8 });
  addUlpDifferences(new Uint8Array(0), new Uint8Array(0), 'F32', totals);
  assert.deepEqual(totals, { different: 4, worst: 8 });
});
