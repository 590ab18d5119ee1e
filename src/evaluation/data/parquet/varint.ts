/** Of at most 32 bits. */
export function readVarint(bytes: Uint8Array, start: number): [value: number, next: number] {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) break;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return [value >>> 0, start + i + 1];
  }
  throw new Error('a number in a page has no end');
}
