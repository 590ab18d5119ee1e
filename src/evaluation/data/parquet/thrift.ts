import { readVarint } from './varint.ts';

export type ThriftValue = number | bigint | boolean | Uint8Array | ThriftStruct | readonly ThriftValue[];
/** By the numbers of its fields. */
export interface ThriftStruct {
  readonly [field: number]: ThriftValue | undefined;
}

const MAX_DEPTH = 32;
/** Of a varint: 64 bits, seven a byte. */
const MAX_VARINT = 10;
/** The smallest real structure is larger; empty ones would take a hundred times their bytes. */
const BYTES_PER_STRUCT = 4;

/**
 * Thrift's compact protocol, as hyparquet reads it, with an end to everything: its own reader makes lists as long as they say
 * that they are.
 */
export class ThriftReader {
  readonly bytes: Uint8Array;
  position: number;
  private structs: number;
  private depth = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
    this.structs = 1000 + bytes.length / BYTES_PER_STRUCT;
  }

  /** @throws Error saying what is wrong */
  struct(): ThriftStruct {
    if (++this.depth > MAX_DEPTH || --this.structs < 0) throw new Error('its headers are nested without end');
    const fields: Record<number, ThriftValue> = {};
    let id = 0;
    for (let head = this.byte(); (head & 0x0f) !== 0; head = this.byte()) {
      id = head >> 4 === 0 ? this.integer() : id + (head >> 4);
      fields[id] = this.value(head & 0x0f);
    }
    this.depth--;
    return fields;
  }

  private value(type: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return (this.byte() << 24) >> 24;
      case 4:
      case 5:
        return this.integer();
      case 6:
        return this.long();
      case 7:
        return this.binary(8);
      case 8:
        return this.binary(this.unsigned());
      case 9:
        return this.list();
      case 12:
        return this.struct();
      default:
        throw new Error('its headers hold a type that Parquet does not have');
    }
  }

  private list(): ThriftValue[] {
    const head = this.byte();
    const length = head >> 4 === 15 ? this.unsigned() : head >> 4;
    if (length > this.bytes.length - this.position) throw new Error('a list in its headers is longer than they are');
    // Truth in a list is a byte.
    const type = (head & 0x0f) <= 2 ? 3 : head & 0x0f;
    return Array.from({ length }, () => this.value(type));
  }

  private binary(length: number): Uint8Array {
    if (length > this.bytes.length - this.position) throw new Error('a text in its headers is longer than they are');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  private integer(): number {
    const zigzag = this.unsigned();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  private unsigned(): number {
    const [value, next] = readVarint(this.bytes, this.position);
    this.position = next;
    return value;
  }

  private long(): bigint {
    let zigzag = 0n;
    for (let i = 0; i < MAX_VARINT; i++) {
      const byte = this.byte();
      zigzag |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return (zigzag >> 1n) ^ -(zigzag & 1n);
    }
    throw new Error('a number in its headers has no end');
  }

  private byte(): number {
    const byte = this.bytes[this.position++];
    if (byte === undefined) throw new Error('its headers are cut off');
    return byte;
  }
}

export function asStruct(value: ThriftValue | undefined): ThriftStruct {
  if (typeof value === 'object' && !isList(value) && !(value instanceof Uint8Array)) return value;
  throw new Error('a part of its headers is missing');
}

export function asList(value: ThriftValue | undefined): readonly ThriftValue[] {
  return isList(value) ? value : [];
}

function isList(value: ThriftValue | undefined): value is readonly ThriftValue[] {
  return Array.isArray(value);
}

/** Of sizes and counts. */
export function asCount(value: ThriftValue | undefined): number {
  const count = typeof value === 'bigint' ? Number(value) : value;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new Error('a number in its headers is missing, or below zero');
}
