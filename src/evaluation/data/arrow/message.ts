import { FlatBuffer, type FlatTable } from './flatBuffer.ts';

/** Lists and structs in one another. */
const MAX_DEPTH = 64;
const MAX_FIELDS = 10_000;
/** Before the fourth version of the format a buffer had the number of a page before it. */
const VERSION_4 = 3;

/** Of what a record batch or a dictionary says that it consists. */
export interface BatchShape {
  readonly rows: number;
  readonly nodes: readonly number[];
  readonly buffers: readonly Region[];
  /** Of each column of views how many buffers hold its values. */
  readonly variadic: readonly number[];
}

export interface Region {
  readonly offset: number;
  readonly length: number;
}

export interface DictionaryShape extends BatchShape {
  readonly id: number;
  /** Its values come after those that are known. */
  readonly isDelta: boolean;
}

/** Whether flechette can read a schema's message (Schema.fbs). @throws Error saying what is wrong */
export function checkSchema(metadata: Uint8Array): void {
  const schema = headerOf(metadata);
  checkPairs(schema, 8);
  checkFields(schema.tables(6), { left: MAX_FIELDS }, 0);
}

/** Of a record batch's message (Message.fbs). @throws Error saying what is wrong */
export function batchShape(metadata: Uint8Array): BatchShape {
  return shapeOf(headerOf(metadata), versionOf(metadata));
}

/** Of a dictionary's message. @throws Error saying what is wrong */
export function dictionaryShape(metadata: Uint8Array): DictionaryShape {
  const dictionary = headerOf(metadata);
  const data = dictionary.table(6);
  if (data === undefined) throw new Error('a dictionary of it holds nothing');
  return { ...shapeOf(data, versionOf(metadata)), id: dictionary.int64(4), isDelta: dictionary.uint8(8) !== 0 };
}

function headerOf(metadata: Uint8Array): FlatTable {
  const header = new FlatBuffer(metadata).table(0).table(8);
  if (header === undefined) throw new Error('a message of it holds nothing');
  return header;
}

function versionOf(metadata: Uint8Array): number {
  return new FlatBuffer(metadata).table(0).int16(4);
}

function shapeOf(batch: FlatTable, version: number): BatchShape {
  if (batch.place(10) !== undefined) throw new Error('it is compressed, which is not read');
  const page = version < VERSION_4 ? 8 : 0;
  return {
    rows: batch.int64(4),
    nodes: batch.numbers(6, 16, [0]).map(([length = -1]) => length),
    buffers: batch.numbers(8, 16 + page, [page, page + 8]).map(([offset = -1, length = -1]) => ({ offset, length })),
    variadic: batch.numbers(12, 8, [0]).map(([count = -1]) => count),
  };
}

function checkFields(fields: readonly FlatTable[], allowance: { left: number }, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error('its schema is nested too deeply');
  for (const field of fields) {
    if (--allowance.left < 0) throw new Error(`its schema has more than ${MAX_FIELDS} parts`);
    field.vector(4, 1);
    checkType(field);
    field.table(12)?.table(6);
    checkPairs(field, 16);
    checkFields(field.tables(14), allowance, depth + 1);
  }
}

/** Of types that hold something of any length there are two; one has a time zone, and the other is not read. */
function checkType(field: FlatTable): void {
  const type = field.table(10);
  if (type === undefined) throw new Error('a column of it has no type');
  const [timestamp, union, runs] = [10, 14, 22];
  const id = field.uint8(8);
  if (id === timestamp) type.vector(6, 1);
  // Nor does `datasets`; one long value may stand for any number of rows.
  if (id === union || id === runs)
    throw new Error(`it has a column of ${id === union ? 'unions' : 'runs'}, which is not read`);
}

function checkPairs(table: FlatTable, field: number): void {
  for (const pair of table.tables(field)) {
    pair.vector(4, 1);
    pair.vector(6, 1);
  }
}
