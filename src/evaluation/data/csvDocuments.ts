import { Readable } from 'node:stream';
import { CsvError, parse as parser, type Options } from 'csv-parse';
import { parse as parseAtOnce } from 'csv-parse/sync';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import type { Document } from '../types.ts';
import { columnNames, typedColumn, WORDS_FOR_NOTHING } from './columnTypes.ts';
import { checkCount, type Reading } from './dataFile.ts';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';

/** `datasets` takes a column's type from so many rows (CsvConfig.chunksize), so fewer never decide. */
const TYPED_ROWS = 10_000;
const PIECE = 65_536;

interface Dialect {
  readonly options: Options;
  readonly nothing: ReadonlySet<string>;
}

/** RFC 4180 with pandas' words for nothing: what `datasets.load_dataset("csv")` reads. */
const CSV: Dialect = { options: { delimiter: ',', relax_quotes: true }, nothing: WORDS_FOR_NOTHING };
/** GLUE's files: no quoting, and every field is text that means itself (glue.py reads them with csv.QUOTE_NONE). */
const TSV: Dialect = { options: { delimiter: '\t', quote: null }, nothing: new Set() };

export const readCsv = (reading: Reading): Promise<Document[]> => readTable(reading, CSV);
export const readTsv = (reading: Reading): Promise<Document[]> => readTable(reading, TSV);

async function readTable(reading: Reading, dialect: Dialect): Promise<Document[]> {
  const { file, limit } = reading;
  const [header, ...rows] = await recordsOf(reading, dialect.options, Math.max(limit, TYPED_ROWS) + 1);
  if (header === undefined) throw new InputError(`${file.path} is empty.`);
  if (rows.length === 0) throw new InputError(`${file.path} has a header and no rows.`);
  const columns = columnNames(header).map((name, place) => {
    const values = typedColumn(
      rows.map((row) => row[place] ?? ''),
      dialect.nothing,
    );
    return [name, values] as const;
  });
  return rows
    .slice(0, limit)
    .map((_row, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]] as const)));
}

interface Parsed {
  readonly record: string[];
  /** Of the record; not kept where nothing is quoted. */
  readonly raw?: string;
  readonly info: { readonly lines: number };
}

/** The first records, the header among them, all of one length. @throws InputError with the line and the counts */
async function recordsOf(reading: Reading, dialect: Options, count: number): Promise<string[][]> {
  const { path } = reading.file;
  const records: string[][] = [];
  const source = Readable.from(textOf(reading));
  const parsed = source.pipe(
    parser({
      ...dialect,
      info: true,
      raw: dialect.quote !== null,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: MAX_LINE_BYTES,
    }),
  );
  source.once('error', (error) => parsed.destroy(error));
  try {
    for await (const { record, raw = '', info } of parsed as AsyncIterable<Parsed>) {
      if (isBlank(record, raw)) continue;
      const place = `${path}, line ${info.lines}`;
      if (raw !== '' && record.some((field) => field.startsWith('"'))) refuseTextAfterQuote(raw, place);
      const wanted = records[0]?.length ?? record.length;
      if (record.length !== wanted)
        throw new InputError(`${place} has ${record.length} fields where the header has ${wanted}.`);
      records.push(record);
      checkCount(path, records.length);
      if (records.length >= count) break;
    }
  } catch (error) {
    if (error instanceof CsvError)
      throw new InputError(`${path}: ${brief(error.message)}.`, undefined, { cause: error });
    throw error;
  } finally {
    source.destroy();
  }
  return records;
}

/** As in pandas, spaces do not make a line, but quotes do (pandas/_libs/src/parser/tokenizer.c, WHITESPACE_LINE). */
function isBlank([only, ...others]: readonly string[], raw: string): boolean {
  return others.length === 0 && only !== undefined && /^[ \t]*$/.test(only) && !raw.includes('"');
}

/** The parser would keep both quotes of `"a"b` and pandas would drop them, so nobody is guessed right. */
function refuseTextAfterQuote(raw: string, place: string): void {
  try {
    parseAtOnce(raw, { relax_column_count: true });
  } catch (error) {
    if (error instanceof CsvError && error.code === 'CSV_INVALID_CLOSING_QUOTE')
      throw new InputError(`${place}: text follows a closing quote.`, 'Double a quote that belongs to the text.');
  }
}

/** In pieces that are worth a call, and only of lines that are UTF-8 and not too long. */
async function* textOf(reading: Reading): AsyncGenerator<string> {
  let text = '';
  for await (const line of linesOf(reading)) {
    text += `${line.text}\n`;
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield text;
}
