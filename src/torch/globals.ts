import type { Dtype } from '../safetensors/dtypes.ts';
import { quote, refuse } from './refusal.ts';
import { PickleGlobal, type GlobalMeaning } from './values.ts';

/** torch's storage classes, and the dtype each is of; `_dtype_to_storage_type_map` of torch/storage.py. */
const STORAGE_DTYPES: readonly (readonly [name: string, dtype: Dtype])[] = [
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['DoubleStorage', 'F64'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
  ['ComplexFloatStorage', 'C64'],
];

/** The dtypes without a storage class of their own: torch saves an untyped storage and the dtype beside it. */
const DTYPES: readonly (readonly [name: string, dtype: Dtype])[] = [
  ['uint16', 'U16'],
  ['uint32', 'U32'],
  ['uint64', 'U64'],
  ['float8_e4m3fn', 'F8_E4M3'],
  ['float8_e5m2', 'F8_E5M2'],
  ['float8_e4m3fnuz', 'F8_E4M3FNUZ'],
  ['float8_e5m2fnuz', 'F8_E5M2FNUZ'],
  ['float8_e8m0fnu', 'F8_E8M0'],
];

const TORCH: readonly (readonly [name: string, meaning: GlobalMeaning])[] = [
  ...STORAGE_DTYPES.map(([name, dtype]) => [name, { kind: 'storageType', dtype }] as const),
  ...DTYPES.map(([name, dtype]) => [name, { kind: 'dtype', dtype }] as const),
];

/** Everything a pickle may name, by module. A dotted name is not taken apart, so no attribute can be reached. */
const GLOBALS: ReadonlyMap<string, ReadonlyMap<string, PickleGlobal>> = new Map([
  whitelist('collections', [['OrderedDict', { kind: 'orderedDict' }]]),
  whitelist('torch._utils', [
    ['_rebuild_tensor_v2', { kind: 'tensor' }],
    ['_rebuild_tensor_v3', { kind: 'tensorWithDtype' }],
    ['_rebuild_parameter', { kind: 'parameter' }],
  ]),
  whitelist('torch.storage', [['UntypedStorage', { kind: 'storageType', dtype: undefined }]]),
  whitelist('torch', TORCH),
]);

function whitelist(
  module: string,
  meanings: readonly (readonly [name: string, meaning: GlobalMeaning])[],
): [string, Map<string, PickleGlobal>] {
  return [module, new Map(meanings.map(([name, meaning]) => [name, new PickleGlobal(`${module}.${name}`, meaning)]))];
}

/** @throws Refusal for any name that a state dict of tensors does not need */
export function findGlobal(module: string, name: string): PickleGlobal {
  return (
    GLOBALS.get(module)?.get(name) ??
    refuse(`its pickle asks for ${quote(`${module}.${name}`)}, which no state dict of tensors needs`)
  );
}
