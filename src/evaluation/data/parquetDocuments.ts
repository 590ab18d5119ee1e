import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { yieldToEvents } from '../../base/abort.ts';
import type { Document } from '../types.ts';
import { checkCount, type DataFile, type Reading } from './dataFile.ts';
import { understand } from './damage.ts';
import { columnsOf } from './parquetLayout.ts';
import { dateText, plainInteger, timestampText } from './plainValues.ts';

const OPTIONS = {
  compressors,
  // Bytes that no annotation calls text stay bytes.
  utf8: false,
  geoparquet: false,
  parsers: {
    dateFromDays: dateText,
    timestampFromMilliseconds: (value: bigint) => timestampText(value, 1_000n),
    timestampFromMicroseconds: (value: bigint) => timestampText(value, 1_000_000n),
    timestampFromNanoseconds: (value: bigint) => timestampText(value, 1_000_000_000n),
  },
};

/** Row group by row group, and none after the limit. Labels stay the integers that they are stored as. */
export async function readParquet({ file, limit, signal }: Reading): Promise<Document[]> {
  const buffer = asyncBuffer(file);
  const metadata = await understand(file.path, () => parquetMetadataAsync(buffer, OPTIONS));
  const names = await understand(file.path, () => columnsOf(metadata, file.path, file.size));
  const documents: Document[] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const next = rowStart + Number(group.num_rows);
    await yieldToEvents(signal);
    checkCount(file.path, Math.min(next, limit));
    for (const row of await readRows(buffer, metadata, file.path, rowStart, Math.min(next, limit)))
      documents.push(Object.fromEntries(names.map((name, i) => [name, plain(row[i])])));
    if (next >= limit) break;
    rowStart = next;
  }
  return documents;
}

async function readRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  path: string,
  rowStart: number,
  rowEnd: number,
): Promise<readonly unknown[][]> {
  let found: unknown[][] = [];
  const onComplete = (rows: unknown[][]): void => {
    found = rows;
  };
  if (rowEnd > rowStart)
    await understand(path, () => parquetRead({ ...OPTIONS, file, metadata, rowStart, rowEnd, onComplete }));
  return found;
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
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
