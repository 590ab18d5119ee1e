import { InputError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import type { Document } from '../types.ts';
import { withSameColumns } from './columns.ts';
import { checkCount, type Reading } from './dataFile.ts';
import { decode, linesOf, type Line } from './lines.ts';
import { parseJsonAt, parsePythonJson } from './pythonJson.ts';

const HEAD_BYTES = 4096;
/** V8's strings end at 512 million characters. */
const MAX_WHOLE_BYTES = 400_000_000;

/** One object a line; a list is read too, as `datasets` does whatever the ending. */
export async function readJsonLines(reading: Reading): Promise<Document[]> {
  return (await isList(reading)) ? readWhole(reading) : readLines(reading);
}

/** A list of objects, {"data": [objects]}, a single object, or after all one object a line. */
export async function readJson(reading: Reading): Promise<Document[]> {
  if (await isList(reading)) return readWhole(reading);
  const found: string[] = [];
  for await (const { text } of writtenLines(reading)) {
    found.push(text);
    if (found.length > 1) break;
  }
  const [first, second] = found;
  return first !== undefined && second !== undefined && isObject(first) ? readLines(reading) : readWhole(reading);
}

/** Told by its first bytes, because all of a list may be one line. */
async function isList({ file }: Reading): Promise<boolean> {
  const head = Buffer.from(await file.read(0, Math.min(HEAD_BYTES, file.size))).toString('utf8');
  return head.trimStart().startsWith('[');
}

async function* writtenLines(reading: Reading): AsyncGenerator<Line> {
  for await (const line of linesOf(reading)) if (line.text.trim() !== '') yield line;
}

function isObject(text: string): boolean {
  try {
    return text.trimStart().startsWith('{') && typeof parsePythonJson(text) === 'object';
  } catch {
    return false;
  }
}

async function readLines(reading: Reading): Promise<Document[]> {
  const { file, limit } = reading;
  const documents: Document[] = [];
  for await (const line of writtenLines(reading)) {
    const place = `${file.path}, line ${line.number}`;
    documents.push(documentOf(parseJsonAt(place, line.text), place));
    checkCount(file.path, documents.length);
    if (documents.length >= limit) break;
  }
  if (documents.length === 0) throw new InputError(`${file.path} holds no documents.`);
  return withSameColumns(documents, file.path);
}

async function readWhole({ file, limit }: Reading): Promise<Document[]> {
  if (file.size > MAX_WHOLE_BYTES)
    throw new InputError(
      `${file.path} is one JSON value of ${formatBytes(file.size)}, more than can be read at once.`,
      'Save it as JSON Lines: one document a line.',
    );
  const text = decode(await file.read(0, file.size), file.path).replace(/^\uFEFF/, '');
  const rows = rowsOf(parseJsonAt(file.path, text));
  if (rows.length === 0) throw new InputError(`${file.path} holds no documents.`);
  const documents = rows.map((row, i) =>
    // A list of texts becomes a column named text (datasets/packaged_modules/json).
    typeof row === 'string' ? { text: row } : documentOf(row, `${file.path}, row ${i + 1}`),
  );
  return withSameColumns(documents, file.path).slice(0, limit);
}

function rowsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'data') && 'data' in value) {
    const { data } = value;
    if (Array.isArray(data) && data.every((row) => typeof row === 'object' && !Array.isArray(row))) return data;
  }
  return [value];
}

function documentOf(value: unknown, place: string): Document {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Document;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new InputError(`${place}: a document must be a JSON object, but this is ${kind}.`);
}
