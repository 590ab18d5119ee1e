import type { ColumnMetaData, SchemaTree } from 'hyparquet';
import { codecs } from './codecs.ts';
import { checkRuns } from './runs.ts';
import { asCount, asStruct, ThriftReader, type ThriftStruct } from './thrift.ts';
import { checkValues, type Leaf } from './values.ts';

const [DATA_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2] = [0, 2, 3];
const PLAIN = 0;

/** What a whole file may hold; counts down. */
export interface Allowance {
  /** Values and nulls of all columns, each as often as its column is nested. */
  cells: number;
  /** Of pages, when they are decompressed. */
  bytes: number;
}

/**
 * Goes through the pages of a column of a row group before hyparquet does, which believes whatever they say of themselves.
 *
 * @param path of the schema, from its root to the column
 * @param rows that are wanted of the group
 * @throws Error saying what is wrong
 */
export function checkPages(
  bytes: Uint8Array,
  column: ColumnMetaData,
  path: readonly SchemaTree[],
  rows: number,
  allowance: Allowance,
): void {
  const leaf = leafOf(column, path);
  const reader = new ThriftReader(bytes);
  // Of others all pages are read, because a row may go on in the next.
  const isFlat = path.length === 2 && leaf.repetition === 0;
  let values = 0;
  while (reader.position < bytes.length - 1 && (!isFlat || values < rows)) {
    const header = reader.struct();
    const size = asCount(header[3]);
    const page = bytes.subarray(reader.position, reader.position + size);
    if (page.length < size) throw new Error('a page is longer than its column');
    reader.position += size;
    values += checkPage(header, page, leaf, allowance);
  }
  if (isFlat && values < rows) throw new Error('a column has too few values');
}

function leafOf({ codec, type }: ColumnMetaData, path: readonly SchemaTree[]): Leaf {
  const below = path.slice(1).map(({ element }) => element);
  const element = below.at(-1);
  return {
    codec,
    type,
    typeLength: element?.type_length ?? 0,
    isDecimal: element?.converted_type === 'DECIMAL',
    depth: below.length,
    definition: below.filter((each) => each.repetition_type !== 'REQUIRED').length,
    repetition: below.filter((each) => each.repetition_type === 'REPEATED').length,
  };
}

/** @returns how many values it has */
function checkPage(header: ThriftStruct, page: Uint8Array, leaf: Leaf, allowance: Allowance): number {
  const size = asCount(header[2]);
  spend(allowance, 'bytes', size);
  switch (header[1]) {
    case DICTIONARY_PAGE: {
      const count = asCount(asStruct(header[7])[1]);
      spend(allowance, 'cells', count);
      checkValues(decompressed(page, size, leaf), 0, PLAIN, count, leaf, allowance);
      return 0;
    }
    case DATA_PAGE:
      return checkFirst(asStruct(header[5]), decompressed(page, size, leaf), leaf, allowance);
    case DATA_PAGE_V2:
      return checkSecond(asStruct(header[8]), page, size, leaf, allowance);
    default:
      throw new Error('it has a page of an unknown kind');
  }
}

/** Version 1: levels, each with its length before it, and values, all compressed. */
function checkFirst(header: ThriftStruct, page: Uint8Array, leaf: Leaf, allowance: Allowance): number {
  const count = asCount(header[1]);
  spend(allowance, 'cells', count * leaf.depth);
  let [at, values] = [0, count];
  for (const level of [leaf.repetition, leaf.definition]) {
    if (level === 0) continue;
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const hits = checkRuns(page, at + 4, bitWidth(level), count, level);
    if (level === leaf.definition) values = hits;
    at += 4 + view.getUint32(at, true);
  }
  if (at > page.length) throw new Error('a page ends before its values do');
  checkValues(page, at, asCount(header[2]), values, leaf, allowance);
  return count;
}

/** Version 2: levels, uncompressed and with their lengths in the header, then values. */
function checkSecond(header: ThriftStruct, page: Uint8Array, size: number, leaf: Leaf, allowance: Allowance): number {
  const [count, nulls, encoding] = [asCount(header[1]), asCount(header[2]), asCount(header[4])];
  const [definitions, repetitions] = [asCount(header[5]), asCount(header[6])];
  asCount(header[3]);
  spend(allowance, 'cells', count * leaf.depth);
  if (nulls > count || definitions + repetitions > Math.min(size, page.length))
    throw new Error('a page is longer than it says');
  if (leaf.repetition > 0) checkRuns(page, 0, bitWidth(leaf.repetition), count);
  if (leaf.definition > 0) checkRuns(page, repetitions, bitWidth(leaf.definition), count);
  const rest = page.subarray(repetitions + (leaf.definition > 0 ? definitions : 0));
  const isCompressed = header[7] !== false;
  const values = isCompressed ? decompressed(rest, size - definitions - repetitions, leaf) : rest;
  checkValues(values, 0, encoding, count - nulls, leaf, allowance, true);
  return count;
}

function decompressed(page: Uint8Array, size: number, { codec }: Leaf): Uint8Array {
  if (codec === 'UNCOMPRESSED') return page;
  return codecs[codec]?.(page, size) ?? page;
}

function spend(allowance: Allowance, what: keyof Allowance, amount: number): void {
  allowance[what] -= amount;
  if (allowance[what] < 0) throw new Error('it would become too large when it is unpacked');
}

function bitWidth(level: number): number {
  return 32 - Math.clz32(level);
}
