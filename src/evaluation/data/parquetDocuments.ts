import {
  parquetMetadata,
  parquetRead,
  parquetSchema,
  type AsyncBuffer,
  type ColumnData,
  type DecodedArray,
  type FileMetaData,
  type RowGroup,
} from 'hyparquet';
import { yieldToEvents } from '../../base/abort.ts';
import type { Document } from '../types.ts';
import { checkCount, checkRows, type DataFile, type Reading } from './dataFile.ts';
import { understand } from './damage.ts';
import { codecs } from './parquet/codecs.ts';
import { checkFooter } from './parquet/footer.ts';
import { checkPages, type Allowance } from './parquet/pages.ts';
import { columnsOf, extentOf, pathTo } from './parquetLayout.ts';
import { dateText, plainInteger, timestampText } from './plainValues.ts';
import { parsePythonJson } from './pythonJson.ts';

/** Text that repeats itself, and columns of nothing, are packed hundreds of times smaller; a file has some for itself. */
const UNPACKED = { cells: 1_000_000, bytes: 32_000_000 };
const UNPACKED_PER_BYTE = { cells: 8, bytes: 64 };
/** Its length and "PAR1", at the end. */
const FOOTER_END = 8;

/** A value of JSON, which many rows may share, and which needs nothing more. */
class Json {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

const asBytes = (bytes: Uint8Array): Uint8Array => bytes;
const OPTIONS = {
  compressors: codecs,
  // Bytes that no annotation calls text stay bytes.
  utf8: false,
  geoparquet: false,
  parsers: {
    dateFromDays: dateText,
    timestampFromMilliseconds: (value: bigint) => timestampText(value, 1_000n),
    timestampFromMicroseconds: (value: bigint) => timestampText(value, 1_000_000n),
    timestampFromNanoseconds: (value: bigint) => timestampText(value, 1_000_000_000n),
    jsonFromBytes: (bytes: Uint8Array | undefined) =>
      bytes && new Json(parsePythonJson(new TextDecoder().decode(bytes))),
    geometryFromBytes: asBytes,
    geographyFromBytes: asBytes,
  },
};

/** Row group by row group, and none after the limit. Labels stay the integers that they are stored as. */
export async function readParquet({ file, limit, signal }: Reading): Promise<Document[]> {
  const metadata = await understand(file.path, () => readMetadata(file));
  const names = await understand(file.path, () => columnsOf(metadata, file.path, file.size));
  const allowance = {
    cells: UNPACKED.cells + UNPACKED_PER_BYTE.cells * file.size,
    bytes: UNPACKED.bytes + UNPACKED_PER_BYTE.bytes * file.size,
  };
  const documents: Document[] = [];
  for (const group of metadata.row_groups) {
    await yieldToEvents(signal);
    const rows = Math.min(Number(group.num_rows), limit - documents.length);
    checkCount(file.path, documents.length + rows);
    checkRows(file, documents.length + rows);
    await understand(file.path, async () => {
      const chunks = await readColumns(file, { ...metadata, row_groups: [group] }, rows, allowance);
      const columns = names.map((name) => valuesOf(chunks.get(name) ?? []));
      for (let i = 0; i < rows; i++)
        documents.push(Object.fromEntries(names.map((name, column) => [name, plain(columns[column]?.next().value)])));
    });
    if (documents.length >= limit) break;
  }
  return documents;
}

async function readMetadata(file: DataFile): Promise<FileMetaData> {
  const end = await file.read(file.size - FOOTER_END, FOOTER_END);
  const length = new DataView(end.buffer).getUint32(0, true);
  const footer = await file.read(file.size - FOOTER_END - length, length + FOOTER_END);
  checkFooter(footer);
  return parquetMetadata(footer, OPTIONS);
}

/**
 * Columns in pieces, as they are stored: rows would be made once more.
 *
 * @param metadata of one row group
 */
async function readColumns(
  file: DataFile,
  metadata: FileMetaData,
  rows: number,
  allowance: Allowance,
): Promise<Map<string, DecodedArray[]>> {
  const found = new Map<string, DecodedArray[]>();
  if (!(rows > 0)) return found;
  for (const group of metadata.row_groups) await checkGroup(file, metadata, group, rows, allowance);
  const onChunk = ({ columnName, columnData }: ColumnData): void => {
    const chunks = found.get(columnName) ?? [];
    chunks.push(columnData);
    found.set(columnName, chunks);
  };
  await parquetRead({ ...OPTIONS, file: asyncBuffer(file), metadata, rowStart: 0, rowEnd: rows, onChunk });
  return found;
}

function* valuesOf(chunks: readonly DecodedArray[]): Generator<unknown, undefined> {
  for (const chunk of chunks) yield* chunk;
}

async function checkGroup(
  file: DataFile,
  metadata: FileMetaData,
  { columns }: RowGroup,
  rows: number,
  allowance: Allowance,
): Promise<void> {
  const schema = parquetSchema(metadata);
  for (const { meta_data: column } of columns) {
    if (column === undefined) continue;
    const { begin, end } = extentOf(column);
    const bytes = await file.read(begin, end - begin);
    checkPages(bytes, column, pathTo(schema, column.path_in_schema), rows, allowance);
  }
}

function asyncBuffer(file: DataFile): AsyncBuffer {
  return {
    byteLength: file.size,
    slice: async (start, end = file.size) => (await file.read(start, end - start)).buffer,
  };
}

function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return plainInteger(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Json) return value.value;
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
