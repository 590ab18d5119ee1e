import { Type, type DataType } from '@uwdata/flechette';
import type { BatchShape, Region } from './message.ts';

/** Powers of ten that a decimal's scale asks for. */
const MAX_SCALE = 1000;
const VIEW_BYTES = 16;
/** Shorter values stand in the view itself. */
const MAX_INLINE = 12;

/** What a whole file may hold; counts down. */
export interface Allowance {
  /** Values and nulls of all columns, at every level. */
  cells: number;
  /** Of values that other values may share. */
  bytes: number;
}

/**
 * What pyarrow's Table.validate(full=True) checks and flechette does not: lengths that the bytes cannot hold, and offsets
 * that run backwards or past the end, would be read as values for hours.
 */
export class Layout {
  private readonly shape: BatchShape;
  private readonly body: DataView;
  private readonly allowance: Allowance;
  private node = 0;
  private buffer = 0;
  private views = 0;

  constructor(shape: BatchShape, body: Uint8Array, allowance: Allowance) {
    this.shape = shape;
    this.body = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.allowance = allowance;
  }

  /**
   * Goes through the next column as flechette does.
   *
   * @returns its length; undefined if it is not sound
   */
  column(type: DataType): number | undefined {
    const length = this.shape.nodes[this.node++];
    if (length === undefined || !(length >= 0) || (this.allowance.cells -= length) < 0) return undefined;
    return this.isSound(type, length) ? length : undefined;
  }

  private isSound(type: DataType, length: number): boolean {
    if (type.typeId === Type.Null) return true;
    this.region();
    switch (type.typeId) {
      case Type.Utf8:
      case Type.Binary:
        return this.hasOffsets(length, 4, () => this.region().length);
      case Type.LargeUtf8:
      case Type.LargeBinary:
        return this.hasOffsets(length, 8, () => this.region().length);
      case Type.List:
      case Type.Map:
        return this.hasOffsets(length, 4, () => this.column(type.children[0].type));
      case Type.LargeList:
        return this.hasOffsets(length, 8, () => this.column(type.children[0].type));
      case Type.ListView:
        return this.hasSlices(length, 4, type.children[0].type);
      case Type.LargeListView:
        return this.hasSlices(length, 8, type.children[0].type);
      case Type.FixedSizeList: {
        const within = this.column(type.children[0]?.type ?? { typeId: Type.NONE });
        return within !== undefined && type.stride >= 0 && within >= length * type.stride;
      }
      case Type.Struct:
        return type.children.every((child) => (this.column(child.type) ?? -1) >= length);
      case Type.BinaryView:
      case Type.Utf8View:
        return this.hasViews(length);
      default: {
        const bits = bitsOf(type);
        return bits !== undefined && length * bits <= 8 * this.region().length;
      }
    }
  }

  private region(): Region {
    const region = this.shape.buffers[this.buffer++];
    if (region === undefined || !(region.offset >= 0 && region.length >= 0))
      throw new Error('a buffer of it is missing');
    if (region.offset + region.length > this.body.byteLength) throw new Error('a buffer of it ends after its message');
    return region;
  }

  /** One offset more than there are values, none below the one before it, and all within what they lead into. */
  private hasOffsets(length: number, size: 4 | 8, into: () => number | undefined): boolean {
    const offsets = this.region();
    const end = into();
    if (end === undefined || (length > 0 && (length + 1) * size > offsets.length)) return false;
    let last = 0;
    for (let i = 0; i <= length && length > 0; i++) {
      const offset = this.integer(offsets.offset + i * size, size);
      if (!(offset >= last && offset <= end)) return false;
      last = offset;
    }
    return true;
  }

  /** Slices may overlap, so that a few bytes can become any number of values. */
  private hasSlices(length: number, size: 4 | 8, type: DataType): boolean {
    const [offsets, sizes] = [this.region(), this.region()];
    const end = this.column(type);
    if (end === undefined || length * size > Math.min(offsets.length, sizes.length)) return false;
    for (let i = 0; i < length; i++) {
      const start = this.integer(offsets.offset + i * size, size);
      const count = this.integer(sizes.offset + i * size, size);
      if (!(start >= 0 && count >= 0 && start + count <= end) || (this.allowance.cells -= count) < 0) return false;
    }
    return true;
  }

  /** Views may overlap too. */
  private hasViews(length: number): boolean {
    const views = this.region();
    const count = this.shape.variadic[this.views++] ?? -1;
    if (!(count >= 0 && count <= this.shape.buffers.length)) return false;
    const data = Array.from({ length: count }, () => this.region());
    if (length * VIEW_BYTES > views.length) return false;
    for (let i = 0; i < length; i++) {
      const at = views.offset + i * VIEW_BYTES;
      const size = this.body.getInt32(at, true);
      if (size >= 0 && size <= MAX_INLINE) continue;
      const start = this.body.getInt32(at + 12, true);
      const end = data[this.body.getInt32(at + 8, true)]?.length ?? -1;
      if (!(size >= 0 && start >= 0 && start + size <= end) || (this.allowance.bytes -= size) < 0) return false;
    }
    return true;
  }

  private integer(at: number, size: 4 | 8): number {
    return size === 4 ? this.body.getInt32(at, true) : Number(this.body.getBigInt64(at, true));
  }
}

/** Of a value; undefined where the type is none, or could not be printed. */
function bitsOf(type: DataType): number | undefined {
  switch (type.typeId) {
    case Type.Bool:
      return 1;
    case Type.Dictionary:
      return type.indices.bitWidth;
    case Type.Interval:
      return type.values ? 32 : 128;
    case Type.FixedSizeBinary:
      return type.stride >= 0 ? 8 * type.stride : undefined;
    case Type.Decimal:
      return Math.abs(type.scale) <= MAX_SCALE ? type.bitWidth : undefined;
    default:
      return 'values' in type ? 8 * type.values.BYTES_PER_ELEMENT : undefined;
  }
}
