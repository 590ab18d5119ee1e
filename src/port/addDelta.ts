import { narrow, widen } from '../kernels/convert.ts';
import type { Floats } from '../patch/delta.ts';
import { bytesPerElement, type FloatDtype } from '../safetensors/dtypes.ts';

/** What happened to the elements of a tensor, summed over its tiles. */
export interface TileSums {
  elements: number;
  /** Σ Δ². */
  delta: number;
  /** Σ W², of the weights before. */
  weight: number;
  /** Σ (W' − W − Δ)²: what rounding to the dtype did to the delta. */
  rounding: number;
  /** Elements that Δ ≠ 0 left as they were. */
  absorbed: number;
  /** Elements that were finite and are not any more. */
  overflowed: number;
}

export function noSums(): TileSums {
  return { elements: 0, delta: 0, weight: 0, rounding: 0, absorbed: 0, overflowed: 0 };
}

/** Reused between tiles, so that a port's memory does not grow with the model; as large as the largest tile. */
export class TileBuffers {
  private weights = new Float32Array(0);
  private sums = new Float32Array(0);

  /**
   * bytes ← round(W + Δ), in place: W widened to float32, one addition, one rounding to float32 and one to the dtype.
   * Where Δ is zero W stays, to the bit: also a negative zero, and any NaN.
   *
   * @param bytes the tile's weights in `dtype`
   * @param delta as many elements
   */
  add(bytes: Uint8Array, dtype: FloatDtype, delta: Floats, totals: TileSums): void {
    const count = bytes.length / bytesPerElement(dtype);
    if (count > this.weights.length) this.weights = new Float32Array(count);
    const before = this.weights.subarray(0, count);
    widen(bytes, dtype, before);
    const { after, touched } = this.sum(before, delta);
    if (touched) {
      const kept = bytes.slice();
      narrow(after, dtype, bytes);
      keepUntouchedNan(before, delta, kept, bytes);
      widen(bytes, dtype, after);
    }
    collect(before, after, delta, totals);
  }

  /** bytes ← round(W + Δ), where W comes in another dtype than the result. */
  convert(weights: Float32Array, dtype: FloatDtype, delta: Floats, bytes: Uint8Array, totals: TileSums): void {
    const { after } = this.sum(weights, delta);
    narrow(after, dtype, bytes);
    widen(bytes, dtype, after);
    collect(weights, after, delta, totals);
  }

  private sum(before: Float32Array, delta: Floats): { after: Float32Array; touched: boolean } {
    if (before.length > this.sums.length) this.sums = new Float32Array(before.length);
    const after = this.sums.subarray(0, before.length);
    let touched = false;
    for (let i = 0; i < before.length; i++) {
      const change = delta[i] ?? 0;
      after[i] = change === 0 ? (before[i] ?? 0) : (before[i] ?? 0) + change;
      touched ||= change !== 0;
    }
    return { after, touched };
  }
}

/** Narrowing makes every NaN quiet. */
function keepUntouchedNan(before: Float32Array, delta: Floats, kept: Uint8Array, bytes: Uint8Array): void {
  const size = bytes.length / before.length;
  for (let i = 0; i < before.length; i++)
    if (before[i] !== before[i] && delta[i] === 0) bytes.set(kept.subarray(i * size, (i + 1) * size), i * size);
}

/** Adds what happened to one tile. */
export function collect(before: Float32Array, after: Float32Array, delta: Floats, totals: TileSums): void {
  let squares = 0;
  let weight = 0;
  let rounding = 0;
  let absorbed = 0;
  for (let i = 0; i < before.length; i++) {
    const old = before[i] ?? 0;
    const now = after[i] ?? 0;
    const change = delta[i] ?? 0;
    squares += change * change;
    weight += old * old;
    const lost = now - old - change;
    rounding += lost * lost;
    if (now === old && change !== 0) absorbed++;
  }
  totals.elements += before.length;
  totals.delta += squares;
  totals.weight += weight;
  totals.rounding += rounding;
  totals.absorbed += absorbed;
  // An infinity in the result shows in the sum, so the usual loop need not look at each element.
  if (!Number.isFinite(rounding)) totals.overflowed += countOverflows(before, after);
}

function countOverflows(before: Float32Array, after: Float32Array): number {
  let count = 0;
  for (let i = 0; i < before.length; i++) if (Number.isFinite(before[i]) && !Number.isFinite(after[i])) count++;
  return count;
}
