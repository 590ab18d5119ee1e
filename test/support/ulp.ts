import { bytesPerElement, type FloatDtype } from '../../src/safetensors/dtypes.ts';

/** How two buffers of one dtype differ, in units in the last place. */
export interface UlpDifference {
  different: number;
  worst: number;
}

/** Adds the differences of two equally long buffers (little-endian, aligned to an element) to `totals`. */
export function addUlpDifferences(a: Uint8Array, b: Uint8Array, dtype: FloatDtype, totals: UlpDifference): void {
  const bits = bytesPerElement(dtype) * 8;
  const [left, right] = [elementBits(a, bits), elementBits(b, bits)];
  for (let i = 0; i < left.length; i++) {
    const [x, y] = [left[i] ?? 0, right[i] ?? 0];
    if (x === y) continue;
    totals.different++;
    totals.worst = Math.max(totals.worst, Math.abs(ordered(x, bits) - ordered(y, bits)));
  }
}

function elementBits(bytes: Uint8Array, bits: number): Uint16Array | Uint32Array {
  const copy = new Uint8Array(bytes);
  return bits === 16 ? new Uint16Array(copy.buffer) : new Uint32Array(copy.buffer);
}

/** Sign-magnitude bits as an integer that grows with the value, so that neighbours differ by one. */
function ordered(value: number, bits: number): number {
  const sign = 2 ** (bits - 1);
  return value >= sign ? sign - value : value;
}
