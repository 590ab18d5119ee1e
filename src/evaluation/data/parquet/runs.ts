import { readVarint } from './varint.ts';

/**
 * Runs of repeated values and of packed bits (Parquet's "RLE / bit-packing hybrid"), checked: hyparquet writes a run of two
 * thousand million values before it looks how many are wanted.
 *
 * @param wanted a value
 * @returns how many of the values are the wanted one
 * @throws Error if the runs do not hold so many values, or more
 */
export function checkRuns(bytes: Uint8Array, start: number, width: number, count: number, wanted = -1): number {
  if (width > 32) throw new Error('a page has values of more than 32 bits');
  let [at, seen, hits] = [start, 0, 0];
  while (seen < count) {
    const [header, next] = readVarint(bytes, at);
    const left = count - seen;
    const length = header >>> 1;
    if (header % 2 === 1) {
      const values = length * 8;
      at = next + length * width;
      if (values >= left + 8) throw tooMany();
      if (wanted >= 0) hits += packedHits(bytes, next, width, Math.min(values, left), wanted);
      seen += values;
    } else {
      const size = (width + 7) >> 3;
      at = next + size;
      if (length > left) throw tooMany();
      if (valueAt(bytes, next, size) === wanted) hits += length;
      seen += length;
    }
    if (at > bytes.length) throw new Error('a page ends before its values do');
  }
  return hits;
}

function tooMany(): Error {
  return new Error('a page holds more values than it says');
}

function packedHits(bytes: Uint8Array, start: number, width: number, count: number, wanted: number): number {
  let hits = 0;
  for (let i = 0; i < count; i++) {
    const bit = i * width;
    const value = (valueAt(bytes, start + (bit >> 3), 4) >>> (bit & 7)) & ((1 << width) - 1);
    if (value === wanted) hits++;
  }
  return hits;
}

/** What lies behind the end counts as zero. */
function valueAt(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value |= (bytes[at + i] ?? 0) << (8 * i);
  return value;
}
