/** The values of stored elements, at any offset in memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countPatterns, valuesOfPatterns, wideValues } from '../../../src/kernels/stored.ts';

/** The same bytes, one byte off. */
function shifted(array: Float32Array | Float64Array | BigInt64Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(array.buffer);
  const around = new Uint8Array(bytes.length + 1);
  around.set(bytes, 1);
  return around.subarray(1);
}

describe('stored values', () => {
  it('are read at odd offsets', () => {
    assert.deepEqual([...(wideValues(shifted(Float32Array.of(1.5, -2)), 'F32') as Float32Array)], [1.5, -2]);
    assert.deepEqual([...(wideValues(shifted(Float64Array.of(1e300)), 'F64') as Float64Array)], [1e300]);
    assert.deepEqual([...(wideValues(shifted(BigInt64Array.of(-(2n ** 40n))), 'I64') as Float64Array)], [-(2 ** 40)]);
    const counts = new Float64Array(1 << 16);
    countPatterns(shifted(Uint16Array.of(0x3f80, 0x3f80, 7)), counts);
    assert.deepEqual([counts[0x3f80], counts[7], counts[0]], [2, 1, 0]);
    assert.equal(valuesOfPatterns('BF16')?.[0x3f80], 1);
  });

  it('are not known of dtypes that nobody computes with', () => {
    for (const dtype of ['F4', 'C64', 'F8_E8M0'] as const) {
      assert.equal(valuesOfPatterns(dtype), undefined);
      assert.equal(wideValues(new Uint8Array(8), dtype), undefined);
    }
  });
});
