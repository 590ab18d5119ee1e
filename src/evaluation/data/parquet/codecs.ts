import * as zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

type Decompress = NonNullable<Compressors['ZSTD']>;

/**
 * Page codecs that end, and at the length that the page promises. Those of hyparquet-compressors for gzip, Brotli and
 * Zstandard are written in JavaScript, and some go on for hours where a block promises more.
 */
export const codecs: Compressors = {
  ...compressors,
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: zstandard(),
  LZ4: (input, length) =>
    (isHadoop(input) ? compressors.LZ4 : compressors.LZ4_RAW)?.(input, length) ?? new Uint8Array(),
};

/** Node.js has it since 22.15. */
function zstandard(): Decompress {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- older ones do not
  if (zlib.zstdDecompressSync === undefined) return (input) => compressors.ZSTD?.(input, 0) ?? input;
  return (input, length) => zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) });
}

/** Hadoop writes each block's lengths before it; hyparquet-compressors looks for them too, but steps back over negative ones. */
function isHadoop(input: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  while (at + 8 <= input.length) {
    const [output, size] = [view.getInt32(at), view.getInt32(at + 4)];
    if (output < 0 || size <= 0) return false;
    at += 8 + size;
  }
  return at === input.length;
}
