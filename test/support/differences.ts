import assert from 'node:assert/strict';
import { widen } from '../../src/kernels/convert.ts';
import { isFloatDtype, type Dtype } from '../../src/safetensors/dtypes.ts';

/** One unit in the last place, relative to the number. */
const UNIT: Record<string, number> = { F32: 2 ** -23, F16: 2 ** -10, BF16: 2 ** -7 };

/**
 * Elements that differ by more than `tolerance` of the tensor's largest value; in 16 bits also by more than one unit in the
 * last place, which rounding alone explains.
 */
export function differences(
  actual: Uint8Array,
  expected: Uint8Array,
  dtype: Dtype,
  tolerance: number,
): { worst: number; wrong: number } {
  assert.ok(isFloatDtype(dtype));
  assert.equal(actual.length, expected.length);
  const count = actual.length / (dtype === 'F32' ? 4 : 2);
  const [have, want] = [new Float32Array(count), new Float32Array(count)];
  widen(actual, dtype, have);
  widen(expected, dtype, want);
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let [worst, wrong] = [0, 0];
  for (let i = 0; i < count; i++) {
    const difference = Math.abs((have[i] ?? NaN) - (want[i] ?? NaN));
    const spacing = dtype === 'F32' ? 0 : Math.abs(want[i] ?? 0) * (UNIT[dtype] ?? 0);
    worst = Math.max(worst, difference / largest);
    if (!(difference <= Math.max(tolerance * largest, spacing))) wrong++;
  }
  return { worst, wrong };
}
