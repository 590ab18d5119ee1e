import { LIMITS } from './limits.ts';
import { EndOfBytes, refuse } from './refusal.ts';
import type { Whole } from './values.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NEWLINE = 10;

/** The arguments of opcodes, read from bytes that may end or lie anywhere. */
export class PickleBytes {
  at: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  /** A float is the one thing that pickles write with its first byte first. */
  f64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** A frame only says how many bytes follow; they are read where they stand. */
  frame(): void {
    const length = this.view.getBigUint64(this.take(8), true);
    if (length > BigInt(this.bytes.length - this.at)) throw new EndOfBytes();
  }

  /** Two's complement of any length, first byte lowest. */
  long(length: number): Whole {
    const begin = this.take(length);
    let value = 0n;
    for (let i = begin + length - 1; i >= begin; i--) value = (value << 8n) | BigInt(this.view.getUint8(i));
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(length: number): string {
    if (length > LIMITS.stringBytes) refuse(`its pickle has a text of ${length} bytes`);
    const begin = this.take(length);
    return decode(this.bytes.subarray(begin, begin + length));
  }

  line(): string {
    const limit = Math.min(this.bytes.length, this.at + LIMITS.globalBytes);
    const end = this.bytes.subarray(this.at, limit).indexOf(NEWLINE);
    if (end === -1 && limit === this.bytes.length) throw new EndOfBytes();
    if (end === -1) refuse(`its pickle has a name of more than ${LIMITS.globalBytes} bytes`);
    const begin = this.take(end + 1);
    return decode(this.bytes.subarray(begin, begin + end));
  }

  private take(length: number): number {
    const begin = this.at;
    if (length > this.bytes.length - begin) throw new EndOfBytes();
    this.at += length;
    return begin;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return refuse('its pickle has a text that is not UTF-8');
  }
}
