import { yieldToEvents } from '../base/abort.ts';
import type { ProgressMeter } from '../base/progress.ts';
import { matrixOf } from '../patch/delta.ts';
import { readBaseRows } from '../patch/tensorReader.ts';
import { bytesPerElement, type FloatDtype } from '../safetensors/dtypes.ts';
import { tileRows } from '../port/tiles.ts';
import type { TensorPair } from './pairs.ts';
import type { ExtractedTensor } from './types.ts';

/** What two tensors differ by. */
interface Comparison {
  readonly deltaNorm: number;
  readonly weightNorm: number;
  readonly roundingShare: number;
}

/** A tensor that fine-tuning changed. */
export interface ChangedTensor extends Comparison {
  readonly pair: TensorPair;
}

export function described(
  { pair, deltaNorm, weightNorm, roundingShare }: ChangedTensor,
  stored: ExtractedTensor['stored'],
  rank: number | null,
  kept: number,
): ExtractedTensor {
  return { name: pair.name, shape: pair.tuned.entry.shape, deltaNorm, weightNorm, roundingShare, stored, rank, kept };
}

/** Bits after the leading one. */
const PRECISION: Readonly<Record<FloatDtype, number>> = { F32: 23, F16: 10, BF16: 7 };

/** Δ = tuned − old of some rows; of two float32 the difference is rounded once, of 16-bit ones it is exact. */
export async function deltaRows(
  { tuned, old }: Pick<TensorPair, 'tuned' | 'old'>,
  row: number,
  count: number,
  into?: Float32Array,
): Promise<Float32Array> {
  const [after, before] = [await readBaseRows(tuned, row, count, into), await readBaseRows(old, row, count)];
  // A loop, for a function called for each element takes some ten times as long.
  for (let i = 0; i < after.length; i++) after[i] = (after[i] ?? 0) - (before[i] ?? 0);
  return after;
}

/** Reads both tensors once; undefined if they are the same. */
export async function compareTensors(
  pair: TensorPair,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<Comparison | undefined> {
  const { shape, dtype } = pair.tuned.entry;
  const matrix = matrixOf(shape);
  const step = tileRows(matrix);
  let [delta, weight, rounding] = [0, 0, 0];
  for (let row = 0; row < matrix.rows; row += step) {
    await yieldToEvents(signal);
    const count = Math.min(step, matrix.rows - row);
    const after = await readBaseRows(pair.tuned, row, count);
    const before = await readBaseRows(pair.old, row, count);
    for (let i = 0; i < after.length; i++) {
      const [now, then] = [after[i] ?? 0, before[i] ?? 0];
      delta += (now - then) ** 2;
      weight += then * then;
      rounding += unit(now, dtype as FloatDtype) ** 2 / 12;
    }
    meter.addBytes(after.length * bytesPerElement(dtype as FloatDtype));
  }
  meter.addTensor();
  if (delta === 0) return undefined;
  const roundingShare = dtype === 'F32' ? 0 : Math.min(1, Math.sqrt(rounding / delta));
  return { deltaNorm: Math.sqrt(delta), weightNorm: Math.sqrt(weight), roundingShare };
}

/** The distance to the next number of the dtype. */
function unit(value: number, dtype: FloatDtype): number {
  return value === 0 ? 0 : 2 ** (Math.floor(Math.log2(Math.abs(value))) - PRECISION[dtype]);
}
