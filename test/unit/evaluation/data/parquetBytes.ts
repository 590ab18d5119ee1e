/** Parquet files of one optional column of integers, and of whatever a test puts in its place. */

const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];
export type Field = readonly [id: number, type: number, bytes: Buffer];

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

/** Of numbers below zero too. */
export function zigzag(value: number | bigint): Buffer {
  const number = BigInt(value);
  return varint(number < 0n ? -2n * number - 1n : 2n * number);
}

export function struct(...fields: readonly Field[]): Buffer {
  let last = 0;
  const parts = fields.map(([id, type, bytes]) => {
    const isNear = id - last < 16;
    const head = Buffer.concat([
      Buffer.from([isNear ? ((id - last) << 4) | type : type]),
      ...(isNear ? [] : [zigzag(id)]),
    ]);
    last = id;
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export function list(type: number, items: readonly Buffer[], length: number | bigint = items.length): Buffer {
  return Buffer.concat([Buffer.from([0xf0 | type]), varint(length), ...items]);
}

export const i32 = (id: number, value: number): Field => [id, I32, zigzag(value)];
export const i64 = (id: number, value: number): Field => [id, I64, zigzag(value)];
export const text = (id: number, value: string | Buffer): Field => {
  const bytes = Buffer.from(value);
  return [id, BINARY, Buffer.concat([varint(bytes.length), bytes])];
};
export const within = (id: number, bytes: Buffer): Field => [id, STRUCT, bytes];
export const several = (id: number, items: readonly Buffer[], length?: number): Field => [
  id,
  LIST,
  list(STRUCT, items, length ?? items.length),
];

/** Up to 33 numbers as differences, of which the first part of the only block has 32 bits each. */
export function deltas(values: readonly number[]): Buffer {
  const steps = values.slice(1).map((value, i) => value - (values[i] ?? 0));
  const least = Math.min(0, ...steps);
  const packed = Buffer.alloc(4 * 32);
  for (const [i, step] of steps.entries()) packed.writeUInt32LE(step - least, 4 * i);
  const head = [varint(128), varint(4), varint(values.length), zigzag(values[0] ?? 0)];
  return Buffer.concat([...head, zigzag(least), Buffer.from([32, 0, 0, 0]), packed]);
}

/** As Parquet has byte arrays where nothing else is said. */
export function plainTexts(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.map((each) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(each));
      return Buffer.concat([length, Buffer.from(each)]);
    }),
  );
}

export interface Made {
  readonly rows?: number;
  /** Of the page; as many as there are rows unless told. */
  readonly values?: number;
  /** Behind the levels, or all of a compressed page. */
  readonly page?: Buffer;
  readonly levels?: Buffer;
  readonly codec?: number;
  readonly encoding?: number;
  /** Of the column; an INT32 unless told. */
  readonly type?: number;
  readonly unpacked?: number;
  readonly schema?: readonly Buffer[];
  /** Of the metadata. */
  readonly more?: readonly Field[];
  readonly statistics?: Field;
  /** Before the metadata; nobody refers to it. */
  readonly padding?: number;
}

/** Nothing but nulls, where nothing is told. */
export function parquetBytes(made: Made = {}): Buffer {
  const { rows = 1000, values = rows, codec = 0, encoding = 0 } = made;
  const levels = made.levels ?? Buffer.concat([varint(2 * values), Buffer.from([0])]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(levels.length);
  const page = codec > 0 ? (made.page ?? size) : Buffer.concat([size, levels, made.page ?? Buffer.alloc(0)]);
  const header = struct(
    ...[i32(1, 0), i32(2, made.unpacked ?? page.length), i32(3, page.length)],
    within(5, struct(i32(1, values), i32(2, encoding), i32(3, 3), i32(4, 3))),
  );
  const column = Buffer.concat([header, page]);
  const chunk = struct(
    ...[
      i32(1, made.type ?? 1),
      [2, LIST, list(I32, [])] as const,
      [3, LIST, list(BINARY, [Buffer.from([1, 0x61])])] as const,
    ],
    ...[i32(4, codec), i64(5, values), i64(6, column.length), i64(7, column.length), i64(9, 4)],
    ...(made.statistics ? [made.statistics] : []),
  );
  const group = struct(several(1, [struct(within(3, chunk))]), i64(2, column.length), i64(3, rows));
  const schema = made.schema ?? [struct(text(4, 'r'), i32(5, 1)), struct(i32(1, 1), i32(3, 1), text(4, 'a'))];
  const metadata = struct(i32(1, 1), several(2, schema), i64(3, rows), several(4, [group]), ...(made.more ?? []));
  const end = Buffer.alloc(4);
  end.writeUInt32LE(metadata.length);
  const padding = Buffer.alloc(made.padding ?? 0);
  return Buffer.concat([Buffer.from('PAR1'), column, padding, metadata, end, Buffer.from('PAR1')]);
}
