import type { Document } from '../types.ts';
import { readArrow } from './arrowDocuments.ts';
import { readCsv, readTsv } from './csvDocuments.ts';
import { withDataFile, type Reading } from './dataFile.ts';
import { formatOf, type DataFormat } from './format.ts';
import { readJson, readJsonLines } from './jsonDocuments.ts';
import { readParquet } from './parquetDocuments.ts';

export interface ReadOptions {
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

const READERS: Readonly<Record<DataFormat, (reading: Reading) => Promise<Document[]>>> = {
  jsonl: readJsonLines,
  json: readJson,
  csv: readCsv,
  tsv: readTsv,
  parquet: readParquet,
  arrow: readArrow,
};

/**
 * All documents of one file, in order; format by ending, then by content. Values are those of Hugging Face `datasets`,
 * with these exceptions: integers beyond 2^53 are BigInts (in JSON, the nearest number), dates are text as Python prints
 * them, and texts of JSON that look like dates stay texts. A JSON key that first appears after `limit` is not known.
 *
 * @throws InputError with file and line or row; CancelledError
 */
export async function readDocuments(file: string, options: ReadOptions = {}): Promise<Document[]> {
  const { limit = Infinity, signal = new AbortController().signal } = options;
  return withDataFile(file, async (opened) => {
    const format = await formatOf(opened);
    return limit >= 1 ? READERS[format]({ file: opened, limit, signal }) : [];
  });
}
