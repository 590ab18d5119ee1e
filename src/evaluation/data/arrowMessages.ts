import { InputError } from '../../base/errors.ts';
import type { DataFile } from './dataFile.ts';

const FILE_MAGIC = 'ARROW1';
/** The magic and its padding; after them the file format is the stream format and a footer. */
const FILE_START = 8;
const CONTINUATION = 0xffffffff;
const AHEAD = 65_536;
/** Message.header of Arrow's Message.fbs. */
const KINDS = { 1: 'schema', 2: 'dictionary', 3: 'batch' } as const;

export interface ArrowMessage {
  readonly kind: (typeof KINDS)[keyof typeof KINDS] | undefined;
  /** With its length before and its body behind it. */
  readonly bytes: Uint8Array;
  /** The parts of these bytes. */
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * The messages of an Arrow IPC stream or file, one at a time, so that a file need not fit into memory
 * (arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format).
 * @throws InputError if a message does not fit into the file
 */
export async function* messagesOf(unbuffered: DataFile): AsyncGenerator<ArrowMessage> {
  const file = buffered(unbuffered);
  const head = Buffer.from(await file.read(0, Math.min(FILE_START, file.size))).toString('latin1');
  let position = head.startsWith(FILE_MAGIC) ? FILE_START : 0;
  // A stream that just ends is complete; Arrow's writers end it with a length of zero.
  while (position < file.size) {
    const prefix = await readPrefix(file, position);
    if (prefix.metadata === 0) return;
    const metadata = await file.read(position + prefix.size, prefix.metadata);
    const { kind, body } = describe(metadata, file.path);
    const size = prefix.size + prefix.metadata + body;
    const bytes = await file.read(position, size);
    const start = prefix.size + prefix.metadata;
    yield { kind, bytes, metadata: bytes.subarray(prefix.size, start), body: bytes.subarray(start) };
    position += size;
  }
}

/** Messages may be short, and a look at the disk for each part of each of them takes its time. */
function buffered(file: DataFile): DataFile {
  let [start, ahead] = [0, new Uint8Array()];
  return {
    ...file,
    async read(position, length) {
      if (length >= AHEAD) return file.read(position, length);
      if (position < start || position + length > start + ahead.length) {
        ahead = await file.read(position, Math.max(length, Math.min(AHEAD, file.size - position)));
        start = position;
      }
      return ahead.slice(position - start, position - start + length);
    },
  };
}

/** Before Arrow 0.15 there was no continuation mark. */
async function readPrefix(file: DataFile, position: number): Promise<{ size: number; metadata: number }> {
  const first = viewOf(await file.read(position, 4)).getUint32(0, true);
  if (first !== CONTINUATION) return { size: 4, metadata: first };
  return { size: 8, metadata: viewOf(await file.read(position + 4, 4)).getUint32(0, true) };
}

/** Reads header_type and bodyLength from the flat buffer of a Message. */
function describe(metadata: Uint8Array, path: string): { kind: ArrowMessage['kind']; body: number } {
  try {
    const view = viewOf(metadata);
    const table = view.getUint32(0, true);
    const fields = table - view.getInt32(table, true);
    const offset = (field: number): number =>
      field < view.getUint16(fields, true) ? view.getUint16(fields + field, true) : 0;
    const [type, length] = [offset(6), offset(10)];
    const kind = type === 0 ? 0 : view.getUint8(table + type);
    const body = length === 0 ? 0 : Number(view.getBigUint64(table + length, true));
    return { kind: KINDS[kind as keyof typeof KINDS], body };
  } catch (error) {
    throw new InputError(`${path} is damaged: a message of it cannot be read as Arrow.`, undefined, { cause: error });
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
