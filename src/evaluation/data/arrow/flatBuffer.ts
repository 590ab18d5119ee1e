/** Tables may share what they hold, and a few bytes could be gone through for ever. */
const VISITS_PER_BYTE = 8;

/**
 * Reads FlatBuffers as flechette does, within their bytes and with an end: its own reader makes vectors as long as they say
 * that they are, and follows tables wherever they lead.
 */
export class FlatBuffer {
  readonly view: DataView;
  private left: number;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.left = 1000 + VISITS_PER_BYTE * bytes.length;
  }

  /** The table that the offset at a place leads to. @throws Error, RangeError if it lies elsewhere */
  table(at: number): FlatTable {
    const position = at + this.view.getUint32(at, true);
    const fields = position - this.view.getInt32(position, true);
    const size = this.view.getUint16(fields, true);
    if (size >= 0x8000) throw new Error('a table in it is too large');
    this.visit(fields, size);
    return new FlatTable(this, position, fields, size);
  }

  /** The vector, or text, that the offset at a place leads to. */
  vector(at: number, stride: number): { readonly start: number; readonly length: number } {
    const position = at + this.view.getUint32(at, true);
    const length = this.view.getUint32(position, true);
    this.visit(position + 4, length * stride);
    return { start: position + 4, length };
  }

  private visit(start: number, size: number): void {
    this.left -= size + 4;
    if (this.left < 0 || start < 0 || start + size > this.view.byteLength)
      throw new Error('a list in it is longer than its message');
  }
}

/** Its fields have the numbers of their places: 4, 6, 8 … */
export class FlatTable {
  private readonly buffer: FlatBuffer;
  private readonly position: number;
  private readonly fields: number;
  private readonly size: number;

  constructor(buffer: FlatBuffer, position: number, fields: number, size: number) {
    [this.buffer, this.position, this.fields, this.size] = [buffer, position, fields, size];
  }

  /** Where a field is, or undefined if it is not given. */
  place(field: number): number | undefined {
    const offset = field < this.size ? this.buffer.view.getInt16(this.fields + field, true) : 0;
    return offset === 0 ? undefined : this.position + offset;
  }

  table(field: number): FlatTable | undefined {
    const place = this.place(field);
    return place === undefined ? undefined : this.buffer.table(place);
  }

  vector(field: number, stride: number): { readonly start: number; readonly length: number } {
    const place = this.place(field);
    return place === undefined ? { start: 0, length: 0 } : this.buffer.vector(place, stride);
  }

  tables(field: number): FlatTable[] {
    const { start, length } = this.vector(field, 4);
    return Array.from({ length }, (_, i) => this.buffer.table(start + 4 * i));
  }

  uint8(field: number): number {
    const place = this.place(field);
    return place === undefined ? 0 : this.buffer.view.getUint8(place);
  }

  int16(field: number): number {
    const place = this.place(field);
    return place === undefined ? 0 : this.buffer.view.getInt16(place, true);
  }

  int64(field: number): number {
    const place = this.place(field);
    return place === undefined ? 0 : Number(this.buffer.view.getBigInt64(place, true));
  }

  /** 64-bit numbers of a vector of structures. */
  numbers(field: number, stride: number, offsets: readonly number[]): number[][] {
    const { start, length } = this.vector(field, stride);
    return Array.from({ length }, (_, i) =>
      offsets.map((offset) => Number(this.buffer.view.getBigInt64(start + i * stride + offset, true))),
    );
  }
}
