import { DTYPE_BITS, type Dtype } from '../safetensors/dtypes.ts';
import { LIMITS } from './limits.ts';
import { refuse } from './refusal.ts';
import { PickleDict, PickleGlobal, PickleStorage, PickleTensor, PickleTuple, type Value } from './values.ts';

/** Those of _rebuild_tensor_v3. One tuple can be the arguments of very many calls, so a long one would cost time. */
const MAX_ARGUMENTS = 8;

/** What a REDUCE makes: the three calls that a state dict consists of, as data. Nothing is called. */
export function rebuild(callee: Value, args: Value): PickleDict | PickleTensor {
  if (!(callee instanceof PickleGlobal)) return refuse('its pickle calls something that is not a known function');
  if (!(args instanceof PickleTuple)) return refuse(`its pickle calls ${callee.name} without a tuple`);
  const { items } = args;
  if (items.length > MAX_ARGUMENTS) refuse(`its pickle calls ${callee.name} with too many arguments`);
  switch (callee.meaning.kind) {
    case 'orderedDict':
      return items.length === 0 ? new PickleDict(true) : refuse('its pickle fills an OrderedDict while making it');
    case 'tensor':
      return rebuildTensor(items.slice(0, 6), undefined, items.slice(6));
    case 'tensorWithDtype':
      return rebuildTensor(items.slice(0, 6), dtypeOf(items[6]), items.slice(7));
    case 'parameter':
      return rebuildParameter(items);
    case 'storageType':
    case 'dtype':
      return refuse(`its pickle calls ${callee.name}, which is not a function`);
  }
}

/** What a persistent id stands for: torch's are all storages. */
export function findStorage(id: Value): PickleStorage {
  if (!(id instanceof PickleTuple) || id.items[0] !== 'storage' || id.items.length > MAX_ARGUMENTS)
    return refuse('its pickle refers to something that is not a storage');
  const [, type, key, , count, view = null] = id.items;
  if (view !== null) return refuse('one of its storages is a part of another one');
  if (!(type instanceof PickleGlobal) || type.meaning.kind !== 'storageType')
    return refuse('one of its storages is of no known type');
  if (typeof key !== 'string') return refuse('one of its storages has a key that is not a text');
  const { dtype } = type.meaning;
  return new PickleStorage(key, dtype, sizeOf(count) * bytesOf(dtype ?? 'U8'));
}

export function bytesOf(dtype: Dtype): number {
  return DTYPE_BITS[dtype] / 8;
}

function rebuildTensor(args: readonly Value[], given: Dtype | undefined, more: readonly Value[]): PickleTensor {
  const [storage, offset, shape, strides, , hooks] = args;
  const [metadata = null, ...rest] = more;
  if (!(storage instanceof PickleStorage) || rest.length > 0) return refuse('one of its tensors has no storage');
  if (!isEmptyDict(hooks)) return refuse('one of its tensors has hooks, which are functions');
  if (metadata !== null && !isEmptyDict(metadata))
    return refuse('one of its tensors is to be negated or conjugated when it is read');
  const dtype = given ?? storage.dtype ?? refuse('one of its tensors has no dtype');
  const dimensions = sizesOf(shape);
  const steps = sizesOf(strides);
  if (dimensions.length !== steps.length) return refuse('one of its tensors has not one stride per dimension');
  return new PickleTensor(storage, dtype, sizeOf(offset), dimensions, steps);
}

function rebuildParameter(items: readonly Value[]): PickleTensor {
  const [data, , hooks] = items;
  if (!(data instanceof PickleTensor) || items.length !== 3) return refuse('one of its parameters has no tensor');
  return isEmptyDict(hooks) ? data : refuse('one of its parameters has hooks, which are functions');
}

function isEmptyDict(value: Value | undefined): boolean {
  return value instanceof PickleDict && value.entries.length === 0;
}

function dtypeOf(value: Value | undefined): Dtype {
  if (value instanceof PickleGlobal && value.meaning.kind === 'dtype') return value.meaning.dtype;
  return refuse('one of its tensors has no known dtype');
}

function sizesOf(value: Value | undefined): number[] {
  if (!(value instanceof PickleTuple)) return refuse('one of its tensors has a shape or strides that are not a tuple');
  if (value.items.length > LIMITS.dimensions) return refuse('one of its tensors has too many dimensions');
  return value.items.map(sizeOf);
}

function sizeOf(value: Value | undefined): number {
  if (typeof value === 'number' && value >= 0) return value;
  return refuse('one of its tensors or storages has a size, stride or offset that is no whole number below 2^53');
}
