import { DTYPE_BITS, type Dtype } from './dtypes.ts';
import { elements } from './shape.ts';

/** What a tensor will be in a file still to be written. */
export interface TensorShape {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The first bytes of a file, and where each tensor's bytes go (from the start of the file), in file order. */
export interface Layout {
  readonly headerBytes: Uint8Array;
  readonly placements: readonly (TensorShape & { readonly begin: number; readonly end: number })[];
  readonly fileBytes: number;
}

const ORDER = Object.keys(DTYPE_BITS);

/**
 * The canonical layout of safetensors' own writer: dtypes from the last of the format's list to the first (which is
 * widest first), then names by their UTF-8 bytes; the header padded with spaces so that the data begin at a multiple of
 * 8 (`prepare` in safetensors/src/tensor.rs).
 */
export function canonicalLayout(tensors: readonly TensorShape[], metadata?: Readonly<Record<string, string>>): Layout {
  const ordered = [...tensors].sort(
    (a, b) =>
      ORDER.indexOf(b.dtype) - ORDER.indexOf(a.dtype) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  const fields: string[] = metadata === undefined ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  let offset = 0;
  const ranges = ordered.map((tensor) => {
    const begin = offset;
    offset += (elements(tensor.shape) * DTYPE_BITS[tensor.dtype]) / 8;
    fields.push(
      `${JSON.stringify(tensor.name)}:{"dtype":"${tensor.dtype}","shape":${JSON.stringify(tensor.shape)},` +
        `"data_offsets":[${begin},${offset}]}`,
    );
    return { ...tensor, begin, end: offset };
  });
  const headerBytes = encodeHeader(`{${fields.join(',')}}`);
  const start = headerBytes.length;
  return {
    headerBytes,
    placements: ranges.map((range) => ({ ...range, begin: range.begin + start, end: range.end + start })),
    fileBytes: start + offset,
  };
}

function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  return bytes;
}
