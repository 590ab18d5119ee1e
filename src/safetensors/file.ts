import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { errorCode, InputError, readError } from '../base/errors.ts';
import { sha256Of } from '../base/hash.ts';
import { openRegular } from '../base/openRegular.ts';
import { brief } from '../base/quote.ts';
import { parseHeader, type Header, type TensorEntry } from './header.ts';
import { MemoryHandle } from './memoryHandle.ts';
import { fill, readSafetensorsHeader, type HeaderReader, type ReadHeader, type TensorFormat } from './readHeader.ts';
import { canonicalLayout } from './writer.ts';

const PIECE_BYTES = 1 << 22;

export interface MemoryTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Handle {
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

interface FileState {
  readonly writtenAt: bigint;
  readonly isUnchanged: () => Promise<boolean>;
}

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
  /** When it was last written, in nanoseconds since 1970. */
  readonly writtenAt: bigint;
  private readonly handle: Handle;
  private readonly isUnchanged: () => Promise<boolean>;

  private constructor(path: string, handle: Handle, state: FileState, read: ReadHeader) {
    this.path = path;
    this.handle = handle;
    this.writtenAt = state.writtenAt;
    this.isUnchanged = state.isUnchanged;
    this.headerBytes = read.headerBytes;
    this.header = read.header;
    this.format = read.format;
  }

  /** @throws InputError if the file cannot be read or is not of the format */
  static async open(path: string, readHeader: HeaderReader = readSafetensorsHeader): Promise<TensorFile> {
    const handle = await openRegular(path);
    try {
      const { size, mtimeNs } = await handle.stat({ bigint: true });
      const isUnchanged = async (): Promise<boolean> => {
        try {
          const named = await stat(path, { bigint: true });
          const now = await handle.stat({ bigint: true });
          return now.mtimeNs === mtimeNs && now.size === size && now.ino === named.ino;
        } catch (error) {
          if (errorCode(error) === 'ENOENT') return false;
          throw readError(error, path);
        }
      };
      const state = { writtenAt: mtimeNs, isUnchanged };
      return new TensorFile(path, handle, state, await readHeader(handle, Number(size), path));
    } catch (error) {
      await handle.close();
      throw readError(error, path);
    }
  }

  /**
   * float32 tensors that no file holds, laid out as one. `path` is what messages call it.
   */
  static inMemory(path: string, tensors: readonly MemoryTensor[]): TensorFile {
    const shapes = tensors.map(({ name, shape }) => ({ name, shape, dtype: 'F32' as const }));
    const { headerBytes, placements, fileBytes } = canonicalLayout(shapes, { format: 'pt' });
    const bytes = new Uint8Array(fileBytes);
    bytes.set(headerBytes);
    const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
    for (const { name, begin } of placements) bytes.set(littleEndian(values.get(name) ?? new Float32Array()), begin);
    const header = parseHeader(headerBytes.subarray(8), fileBytes, path);
    const state = { writtenAt: 0n, isUnchanged: () => Promise.resolve(true) };
    return new TensorFile(path, new MemoryHandle(bytes), state, {
      format: 'safetensors',
      headerBytes,
      header,
    });
  }

  /** Whether no file holds the tensors. */
  get isInMemory(): boolean {
    return this.handle instanceof MemoryHandle;
  }

  get headerSha256(): string {
    return sha256Of(this.headerBytes);
  }

  entry(name: string): TensorEntry {
    const entry = this.header.tensors.get(name);
    if (entry === undefined) throw new InputError(`${this.path} has no tensor "${brief(name)}".`);
    return entry;
  }

  /** Fills `target` with the bytes from `position` on, however odd the offset. */
  async read(target: Uint8Array, position: number): Promise<void> {
    await fill(this.handle, target, position, this.path);
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
    if (!(await this.isUnchanged()))
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

/** Typed arrays have the machine's byte order, which is little-endian wherever ONNX Runtime runs. */
function littleEndian(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
