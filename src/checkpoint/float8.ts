import { widenFloat8 } from '../kernels/float8.ts';
import { widen } from '../kernels/convert.ts';
import { bytesPerElement, isFloatDtype, type FloatDtype } from '../safetensors/dtypes.ts';
import { elements } from '../safetensors/shape.ts';
import type { LocatedTensor } from './checkpoint.ts';

/** Rows and columns that share one scale. */
export type Block = readonly [rows: number, columns: number];

/**
 * Block-scaled FP8, as DeepSeek-V3 and Qwen3-FP8 store it: `X.weight` F8_E4M3 and `X.weight_scale_inv`, which its blocks
 * are multiplied with (transformers/integrations/finegrained_fp8.py).
 */
export interface BlockScale {
  readonly located: LocatedTensor;
  readonly block: Block;
}

export const SCALE_SUFFIX = '_scale_inv';

/** Whether a tensor's values can be read: floats, and FP8 with its scales. */
export function isReadable({ entry, scale }: LocatedTensor): boolean {
  return isFloatDtype(entry.dtype) || (entry.dtype === 'F8_E4M3' && scale !== undefined);
}

/** Rows of an FP8 tensor times the scales of their blocks, float32. */
export async function readScaledRows(
  { entry, shard }: LocatedTensor,
  { located, block }: BlockScale,
  row: number,
  count: number,
): Promise<Float32Array> {
  const [, columns = 1] = entry.shape;
  const bytes = new Uint8Array(count * columns);
  await shard.file.read(bytes, entry.begin + row * columns);
  const values = new Float32Array(bytes.length);
  widenFloat8(bytes, values);
  const across = Math.ceil(columns / block[1]);
  const scales = await readScales(located, Math.floor(row / block[0]), Math.floor((row + count - 1) / block[0]) + 1);
  const first = Math.floor(row / block[0]);
  return values.map((value, i) => {
    const down = Math.floor((row + Math.floor(i / columns)) / block[0]) - first;
    return value * (scales[down * across + Math.floor((i % columns) / block[1])] ?? NaN);
  });
}

async function readScales({ entry, shard }: LocatedTensor, from: number, to: number): Promise<Float32Array> {
  const dtype = entry.dtype as FloatDtype;
  const width = elements(entry.shape.slice(1));
  const bytes = new Uint8Array((to - from) * width * bytesPerElement(dtype));
  await shard.file.read(bytes, entry.begin + from * width * bytesPerElement(dtype));
  const scales = new Float32Array((to - from) * width);
  widen(bytes, dtype, scales);
  return scales;
}
