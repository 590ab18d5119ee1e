import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalLayout, type TensorShape } from '../safetensors/writer.ts';

const PIECE = 1 << 22;

/**
 * Tensors put aside in the order in which they are made, and written as one safetensors file in its own order at the end:
 * their ranks are not known before, and together they may be larger than memory.
 */
export class Spool {
  private readonly path: string;
  private readonly handle: FileHandle;
  private readonly tensors: (TensorShape & { readonly at: number; readonly bytes: number })[] = [];
  private end = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.handle = handle;
  }

  static async create(folder: string): Promise<Spool> {
    const path = join(folder, 'spool');
    return new Spool(path, await open(path, 'wx+'));
  }

  /** The bytes of one tensor, in pieces. */
  async add(shape: TensorShape, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const at = this.end;
    for await (const piece of pieces) {
      await this.handle.write(piece, 0, piece.length, this.end);
      this.end += piece.length;
    }
    this.tensors.push({ ...shape, at, bytes: this.end - at });
  }

  /** Writes the file, and removes the spool. */
  async write(target: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    const layout = canonicalLayout(this.tensors, metadata);
    const places = new Map(this.tensors.map((tensor) => [tensor.name, tensor]));
    const output = await open(target, 'wx');
    try {
      await output.writeFile(layout.headerBytes);
      for (const { name } of layout.placements) await this.copy(places.get(name), output);
      await output.sync();
    } finally {
      await output.close();
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await this.handle.close();
    await rm(this.path, { force: true });
  }

  private async copy(tensor: { at: number; bytes: number } | undefined, output: FileHandle): Promise<void> {
    if (tensor === undefined) return;
    for (let done = 0; done < tensor.bytes; done += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, tensor.bytes - done));
      await this.handle.read(piece, 0, piece.length, tensor.at + done);
      await output.writeFile(piece);
    }
  }
}
