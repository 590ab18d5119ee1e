import { InputError } from '../base/errors.ts';
import type { LocatedTensor } from '../checkpoint/checkpoint.ts';
import { readScaledRows } from '../checkpoint/float8.ts';
import { widen } from '../kernels/convert.ts';
import { sumOfSquares } from '../kernels/norms.ts';
import { bytesPerElement, isFloatDtype, type FloatDtype } from '../safetensors/dtypes.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { TensorEntry } from '../safetensors/header.ts';
import { elements } from '../safetensors/shape.ts';
import { matrixOf } from './delta.ts';

/**
 * A whole tensor of a patch, widened to float32.
 *
 * @throws InputError if it is not finite
 */
export async function readFloats(file: TensorFile, name: string): Promise<Float32Array> {
  const { dtype, shape, begin } = floatEntry(file, name);
  const values = new Float32Array(elements(shape));
  if (dtype === 'F32') await file.read(new Uint8Array(values.buffer), begin);
  else widen(await file.readTensor(name), dtype, values);
  assertFinite(values, file.path, name);
  return values;
}

/** Rows [row, row + count) of a tensor, widened to float32. @param values where to */
export async function readRows(
  file: TensorFile,
  { dtype, shape, begin }: TensorEntry & { readonly dtype: FloatDtype },
  row: number,
  count: number,
  values: Float32Array = new Float32Array(count * matrixOf(shape).columns),
): Promise<Float32Array> {
  const size = bytesPerElement(dtype);
  const from = begin + row * matrixOf(shape).columns * size;
  let done = 0;
  for await (const bytes of file.pieces(from, from + values.length * size)) {
    widen(bytes, dtype, values.subarray(done));
    done += bytes.length / size;
  }
  return values;
}

/**
 * Likewise of a base's tensor; a base may hold NaN.
 *
 * @param into where to, if possible
 * @throws InputError if its dtype is not computed with
 */
export function readBaseRows(
  located: LocatedTensor,
  row: number,
  count: number,
  into?: Float32Array,
): Promise<Float32Array> {
  const { entry, shard, scale } = located;
  if (scale !== undefined) return readScaledRows(located, scale, row, count);
  return readRows(shard.file, floatEntry(shard.file, entry.name), row, count, into);
}

/** @throws InputError if the tensor's dtype is not one that is computed with */
export function floatEntry(file: TensorFile, name: string): TensorEntry & { readonly dtype: FloatDtype } {
  const entry = file.entry(name);
  if (!hasFloats(entry)) throw new InputError(`${file.path}: ${name} is ${entry.dtype}, which is not computed with.`);
  return entry;
}

export function hasFloats(entry: TensorEntry): entry is TensorEntry & { dtype: FloatDtype } {
  return isFloatDtype(entry.dtype);
}

/** @throws InputError if a value is NaN or infinite */
export function assertFinite(values: Float32Array, path: string, name: string): void {
  if (!Number.isFinite(sumOfSquares(values)))
    throw new InputError(
      `${path}: the tensor ${name} holds NaN or infinity.`,
      'The training may have failed: use an earlier checkpoint of it, or fetch the file again.',
    );
}
