import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { InputError, readError } from '../base/errors.ts';
import { MAX_HEADER_BYTES, parseHeader, type Header, type TensorEntry } from './header.ts';
import { sniff } from './sniff.ts';

const PIECE_BYTES = 1 << 22;

/** What the first bytes of a file say, and those bytes themselves, which identify it. */
export interface ReadHeader {
  readonly format: TensorFormat;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
}

export type TensorFormat = 'safetensors' | 'torch';

/** Finds the tensors of a file. @throws InputError if it is not of the format */
export type HeaderReader = (handle: FileHandle, fileBytes: number, path: string) => Promise<ReadHeader>;

/**
 * An open file of tensors: its header, and positional reads of their bytes. Read-only. Of safetensors, unless another
 * reader finds the tensors.
 */
export class TensorFile {
  readonly path: string;
  readonly header: Header;
  readonly format: TensorFormat;
  /** Of safetensors the first 8 + N bytes, as they stand in the file. */
  readonly headerBytes: Uint8Array;
  private readonly handle: FileHandle;
  private readonly modified: bigint;

  private constructor(path: string, handle: FileHandle, modified: bigint, read: ReadHeader) {
    this.path = path;
    this.handle = handle;
    this.modified = modified;
    this.headerBytes = read.headerBytes;
    this.header = read.header;
    this.format = read.format;
  }

  /** @throws InputError if the file cannot be read or is not of the format */
  static async open(path: string, readHeader: HeaderReader = readSafetensorsHeader): Promise<TensorFile> {
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw readError(error, path);
    });
    try {
      const { size, mtimeNs } = await handle.stat({ bigint: true });
      return new TensorFile(path, handle, mtimeNs, await readHeader(handle, Number(size), path));
    } catch (error) {
      await handle.close();
      throw readError(error, path);
    }
  }

  get headerSha256(): string {
    return createHash('sha256').update(this.headerBytes).digest('hex');
  }

  entry(name: string): TensorEntry {
    const entry = this.header.tensors.get(name);
    if (entry === undefined) throw new InputError(`${this.path} has no tensor "${name}".`);
    return entry;
  }

  /** Fills `target` with the bytes from `position` on, however odd the offset. */
  async read(target: Uint8Array, position: number): Promise<void> {
    await readFully(this.handle, target, position, this.path);
  }

  /** The whole tensor's bytes: for patches and small tensors; large ones are read in pieces. */
  async readTensor(name: string): Promise<Uint8Array> {
    const { begin, end } = this.entry(name);
    const bytes = new Uint8Array(end - begin);
    await this.read(bytes, begin);
    return bytes;
  }

  /** SHA-256 of the whole file, read through the open handle. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.pieces(0, this.header.fileBytes)) hash.update(piece);
    return hash.digest('hex');
  }

  /** The bytes from `begin` to `end` in order, in pieces that are overwritten by the next. */
  async *pieces(begin: number, end: number): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, end - begin));
    for (let at = begin; at < end; at += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, end - at));
      await this.read(piece, at);
      yield piece;
    }
  }

  /** @throws InputError if the file was written to, or replaced, since it was opened */
  async assertUnchanged(): Promise<void> {
    const [open, named] = await Promise.all([
      this.handle.stat({ bigint: true }),
      stat(this.path, { bigint: true }).catch(() => undefined),
    ]);
    if (open.mtimeNs !== this.modified || Number(open.size) !== this.header.fileBytes || open.ino !== named?.ino)
      throw new InputError(
        `${this.path} changed while it was being read.`,
        'Let the other program finish, then start again.',
      );
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function readSafetensorsHeader(handle: FileHandle, size: number, path: string): Promise<ReadHeader> {
  const headerBytes = await readHeaderBytes(handle, size, path);
  return { format: 'safetensors', headerBytes, header: parseHeader(headerBytes.subarray(8), size, path) };
}

async function readHeaderBytes(handle: FileHandle, size: number, path: string): Promise<Uint8Array> {
  const start = new Uint8Array(Math.min(size, 256));
  await readFully(handle, start, 0, path);
  const reject = (reason: string): never => {
    const seen = sniff(start);
    if (seen) throw new InputError(`${path} is not a safetensors file but ${seen.what}.`, seen.hint);
    throw new InputError(`${path} is not a valid safetensors file: ${reason}.`);
  };
  if (size < 8) reject('it is shorter than 8 bytes');
  const length = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) reject('its header would be longer than 100 MB');
  if (8 + length > size) reject('it ends inside its header');
  const bytes = new Uint8Array(8 + length);
  await readFully(handle, bytes, 0, path);
  return bytes;
}

async function readFully(handle: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle
      .read(target, done, target.length - done, position + done)
      .catch((error: unknown) => {
        throw readError(error, path);
      });
    if (bytesRead === 0)
      throw new InputError(`${path} ended while it was being read.`, 'Is another program writing it?');
    done += bytesRead;
  }
}
