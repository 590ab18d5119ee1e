import { u32 } from './files.ts';

/** A pickle in pieces: opcodes as texts of latin1, arguments as bytes. */
export function pickle(...pieces: readonly (string | Uint8Array)[]): Buffer {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece));
  return Buffer.concat([Buffer.from([0x80, 2]), ...bytes, Buffer.from('.')]);
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from('X'), u32(bytes.length), bytes]);
}

export function int(value: number): Buffer {
  const bytes = Buffer.from('J\0\0\0\0');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

export function tuple(...items: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat([Buffer.from('('), ...items.map((item) => Buffer.from(item)), Buffer.from('t')]);
}

export const ORDERED_DICT = 'ccollections\nOrderedDict\n)R';
export const TENSOR_V2 = 'ctorch._utils\n_rebuild_tensor_v2\n';

interface TensorParts {
  readonly rebuild?: string;
  readonly type?: string;
  readonly key?: Uint8Array | string;
  readonly count?: Uint8Array | string;
  readonly offset?: Uint8Array | string;
  readonly shape?: Uint8Array | string;
  readonly strides?: Uint8Array | string;
  readonly hooks?: Uint8Array | string;
  readonly rest?: readonly (Uint8Array | string)[];
}

/** The opcodes of a tensor of two float32 that are the storage "0", unless said otherwise. */
export function tensor(parts: TensorParts = {}): Buffer {
  const {
    rebuild = TENSOR_V2,
    type = 'ctorch\nFloatStorage\n',
    key = text('0'),
    count = int(2),
    offset = int(0),
  } = parts;
  const { shape = tuple(int(2)), strides = tuple(int(1)), hooks = ORDERED_DICT, rest = [] } = parts;
  const storage = Buffer.concat([tuple(text('storage'), type, key, text('cpu'), count), Buffer.from('Q')]);
  const args = tuple(storage, offset, shape, strides, Buffer.from([0x89]), hooks, ...rest);
  return Buffer.concat([Buffer.from(rebuild), args, Buffer.from('R')]);
}

/** {'w': value}, for what would be accepted if `value` were. */
export function dictOf(value: Uint8Array | string): Buffer {
  return pickle('}', text('w'), value, 's');
}
