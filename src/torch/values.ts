import type { Dtype } from '../safetensors/dtypes.ts';

/**
 * What a pickle can make here: plain data, and symbols for the few things of torch that a state dict consists of. No
 * value holds code, and no property is ever named by the file.
 */
export type Value =
  | null
  | boolean
  | Whole
  | string
  | PickleFloat
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

/** Python's int; a bigint where a number would not hold it. A number is never Python's float. */
export type Whole = number | bigint;

export class PickleFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class PickleTuple {
  readonly items: readonly Value[];
  readonly depth: number;

  constructor(items: readonly Value[]) {
    this.items = items;
    this.depth = 1 + items.reduce<number>((deepest, item) => Math.max(deepest, depthOf(item)), 0);
  }
}

export class PickleList {
  readonly items: Value[] = [];
  depth = 1;
}

/** A dict, or an OrderedDict, with its entries as they were set: duplicates are judged by who reads them. */
export class PickleDict {
  readonly entries: (readonly [key: Value, value: Value])[] = [];
  readonly ordered: boolean;
  depth = 1;

  constructor(ordered: boolean) {
    this.ordered = ordered;
  }
}

export type GlobalMeaning =
  | { readonly kind: 'orderedDict' | 'tensor' | 'tensorWithDtype' | 'parameter' }
  /** Without a dtype it is a storage of bytes. */
  | { readonly kind: 'storageType'; readonly dtype: Dtype | undefined }
  | { readonly kind: 'dtype'; readonly dtype: Dtype };

/** A name of the whitelist, as a symbol: it was looked up in a table, never imported. */
export class PickleGlobal {
  readonly name: string;
  readonly meaning: GlobalMeaning;

  constructor(name: string, meaning: GlobalMeaning) {
    this.name = name;
    this.meaning = meaning;
  }
}

/** A block of bytes that stands elsewhere in the file, by its key. */
export class PickleStorage {
  readonly key: string;
  readonly dtype: Dtype | undefined;
  readonly bytes: number;

  constructor(key: string, dtype: Dtype | undefined, bytes: number) {
    this.key = key;
    this.dtype = dtype;
    this.bytes = bytes;
  }
}

/** A view of a storage; offset and strides count elements. Not yet checked against the storage. */
export class PickleTensor {
  readonly storage: PickleStorage;
  readonly dtype: Dtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: PickleStorage,
    dtype: Dtype,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

export function depthOf(value: Value): number {
  return value instanceof PickleTuple || value instanceof PickleList || value instanceof PickleDict ? value.depth : 0;
}
