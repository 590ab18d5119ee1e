import { readVarint } from './varint.ts';

/** Of a block; writers take 128. */
const MAX_BLOCK = 65_536;
const MAX_VARINT = 10;

/**
 * Goes through numbers that are written as differences (Parquet's DELTA_BINARY_PACKED), as hyparquet does, which would go back
 * and forth for ever in some that nobody wrote.
 *
 * @param take is given them modulo 2³², which is what 32-bit columns and lengths hold
 * @returns the place behind them
 * @throws Error if they do not end within the page
 */
export function checkDeltas(bytes: Uint8Array, start: number, count: number, take?: (value: number) => void): number {
  const [blockSize, afterSize] = readVarint(bytes, start);
  const [perBlock, afterBlocks] = readVarint(bytes, afterSize);
  const [, afterCount] = readVarint(bytes, afterBlocks);
  const size = blockSize / perBlock;
  if (blockSize > MAX_BLOCK || size < 8 || size % 8 !== 0) throw new Error('a page has blocks of an impossible size');
  let [value, at] = readZigzag(bytes, afterCount);
  take?.(value);
  let seen = 1;
  while (seen < count) {
    const [least, widths] = readZigzag(bytes, at);
    at = widths + perBlock;
    for (let block = 0; block < perBlock && seen < count; block++) {
      const width = bytes[widths + block] ?? 0;
      if (width > 64) throw new Error('a page has values of more than 64 bits');
      const wanted = Math.min(size, count - seen);
      for (let i = 0; i < wanted && take !== undefined; i++) {
        value = (value + least + bitsAt(bytes, at * 8 + i * width, Math.min(width, 32))) | 0;
        take(value);
      }
      seen += wanted;
      at += (size * width) / 8;
      // The last block may leave out what nobody reads.
      if (at - (size - wanted) * 8 > bytes.length) throw new Error('a page ends before its values do');
    }
  }
  return at;
}

/** Modulo 2³². */
function readZigzag(bytes: Uint8Array, start: number): [value: number, next: number] {
  let [low, high, at] = [0, 0, start];
  for (; at < start + MAX_VARINT; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    const shift = 7 * (at - start);
    if (shift < 32) low |= (byte & 0x7f) << shift;
    if (shift === 28) high = (byte >> 4) & 1;
    if (byte < 0x80) return [((low >>> 1) | (high << 31)) ^ -(low & 1), at + 1];
  }
  throw new Error('a number in a page has no end');
}

function bitsAt(bytes: Uint8Array, bit: number, width: number): number {
  let value = 0;
  for (let done = 0; done < width;) {
    const within = (bit + done) % 8;
    const taken = Math.min(8 - within, width - done);
    value |= (((bytes[Math.floor((bit + done) / 8)] ?? 0) >> within) & ((1 << taken) - 1)) << done;
    done += taken;
  }
  return value;
}
