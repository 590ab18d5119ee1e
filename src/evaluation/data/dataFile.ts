import { open, stat } from 'node:fs/promises';
import { yieldToEvents } from '../../base/abort.ts';
import { InputError, readError } from '../../base/errors.ts';
import { formatBytes, formatCount } from '../../base/format.ts';

/** The largest evaluation set in use, whole C4's validation split among them, is well below. */
const MAX_BYTES = 4_000_000_000;
/** No one read of a column or a batch is larger in what `datasets` writes (1,000 rows, or 100 MB). */
const MAX_READ = 1_000_000_000;
/** A damaged or hostile file may claim any number of rows; the largest training splits have a few million. */
const MAX_DOCUMENTS = 20_000_000;
/** Parquet and Arrow write equal rows in next to no bytes; what is evaluated has text, and more than a few bytes of it. */
const UNWRITTEN_ROWS = 100_000;
const BYTES_PER_ROW = 4;
const CHUNK = 4_194_304;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** An open file that knows how much it holds. */
export interface DataFile {
  readonly path: string;
  readonly size: number;
  /** Exactly these bytes, in memory of their own. @throws InputError if the file does not have them */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a reader of one format is given. */
export interface Reading {
  readonly file: DataFile;
  /** How many documents are wanted; Infinity for all. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** @throws InputError if the file cannot be read, is empty, or is larger than 4 GB */
export async function withDataFile<T>(path: string, work: (file: DataFile) => Promise<T>): Promise<T> {
  try {
    // Before opening: to open a named pipe would wait for its other end.
    const info = await stat(path);
    if (!info.isFile()) throw new InputError(`Cannot read ${path}: it is not a file.`);
    if (info.size === 0) throw new InputError(`${path} is empty.`);
    if (info.size > MAX_BYTES)
      throw new InputError(
        `${path} is too large: ${formatBytes(info.size)}, where at most ${formatBytes(MAX_BYTES)} are read.`,
        'Split it, or keep only the split that is evaluated.',
      );
    await using handle = await open(path, 'r');
    return await work({
      path,
      size: info.size,
      async read(position, length) {
        if (!(position >= 0 && length >= 0 && position + length <= info.size))
          throw new InputError(`${path} is damaged or cut off: it refers to bytes after its end.`);
        if (length > MAX_READ)
          throw new InputError(`${path}: one part of it holds ${formatBytes(length)}, too much to be read at once.`);
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
          if (bytesRead === 0) throw new InputError(`${path} became shorter while it was read.`);
          done += bytesRead;
        }
        return bytes;
      },
    });
  } catch (error) {
    throw readError(error, path);
  }
}

/** The whole file without a byte order mark, piece by piece; a cancellation is seen between two of them. */
export async function* chunksOf({ file, signal }: Pick<Reading, 'file' | 'signal'>): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < file.size; position += CHUNK) {
    await yieldToEvents(signal);
    const chunk = await file.read(position, Math.min(CHUNK, file.size - position));
    const marked = position === 0 && BYTE_ORDER_MARK.every((byte, i) => chunk[i] === byte);
    yield marked ? chunk.subarray(BYTE_ORDER_MARK.length) : chunk;
  }
}

/** @throws InputError if these are more documents than fit into memory */
export function checkCount(path: string, documents: number): void {
  if (documents > MAX_DOCUMENTS)
    throw new InputError(`${path} holds more than ${formatCount(MAX_DOCUMENTS)} documents.`, 'Evaluate a part of it.');
}

/** @throws InputError if these are more documents than the file's bytes can be */
export function checkRows({ path, size }: Pick<DataFile, 'path' | 'size'>, documents: number): void {
  if (documents > UNWRITTEN_ROWS + size / BYTES_PER_ROW)
    throw new InputError(`${path} says that it holds ${formatCount(documents)} documents in ${formatBytes(size)}.`);
}
