import type { TensorEntry } from '../safetensors/header.ts';
import { elements } from '../safetensors/shape.ts';
import { bytesOf } from './rebuild.ts';
import { quote, refuse } from './refusal.ts';
import type { PickleTensor } from './values.ts';

/** Where the bytes of a storage stand in the file. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/**
 * The tensor's own bytes within its storage's, as a safetensors header would give them.
 *
 * @throws Refusal if they do not stand there one after another, in the order of the tensor's elements
 */
export function placeTensor(name: string, tensor: PickleTensor, storage: Range): TensorEntry {
  const wrong = (reason: string): never => refuse(`its tensor ${quote(name)} ${reason}`);
  const { dtype, shape } = tensor;
  if (storage.end - storage.begin !== tensor.storage.bytes)
    wrong(`needs a storage of ${tensor.storage.bytes} bytes, but there are ${storage.end - storage.begin}`);
  const count = elements(shape);
  // Of an empty view torch keeps whatever offset its slicing came to.
  if (count === 0) return { name, dtype, shape, begin: storage.begin, end: storage.begin };
  if (!isContiguous(tensor)) wrong('is not stored in the order of its elements (it is transposed, sliced or expanded)');
  const begin = storage.begin + tensor.offset * bytesOf(dtype);
  const end = begin + count * bytesOf(dtype);
  if (!(end <= storage.end)) wrong('goes beyond the end of its storage');
  return { name, dtype, shape, begin, end };
}

/** Row-major without gaps, as torch's is_contiguous(): the stride of a dimension of one element is never used. */
function isContiguous({ shape, strides }: PickleTensor): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i];
    if (size === undefined || size === 1) continue;
    if (strides[i] !== expected) return false;
    expected *= size;
  }
  return true;
}
