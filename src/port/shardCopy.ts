import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../base/abort.ts';
import { UserError, writeError } from '../base/errors.ts';
import type { ProgressMeter } from '../base/progress.ts';
import type { Shard } from '../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { bytesPerElement, type FloatDtype } from '../safetensors/dtypes.ts';
import type { TensorEntry } from '../safetensors/header.ts';
import { noSums, TileBuffers, type TileSums } from './addDelta.ts';
import type { Factors } from './factors.ts';
import { tileDelta, tileRows } from './tiles.ts';

export interface CopiedTensor {
  readonly sha256: string;
}

export interface PatchedTensor extends CopiedTensor {
  readonly sourceSha256: string;
  readonly sums: TileSums;
}

/** Copies one shard, header and all, adding the delta to the tensors that have one. Sequential in both files. */
export class ShardCopy {
  private readonly shard: Shard;
  private readonly kernel: LowRankKernel;
  private readonly meter: ProgressMeter;
  private readonly signal: AbortSignal;
  private readonly buffers = new TileBuffers();

  constructor(shard: Shard, kernel: LowRankKernel, meter: ProgressMeter, signal: AbortSignal) {
    this.shard = shard;
    this.kernel = kernel;
    this.meter = meter;
    this.signal = signal;
  }

  /**
   * @param factorsOf the delta of a tensor, or undefined if it stays as it is
   * @param done called for every tensor when its bytes are written
   * @throws InputError if the source changes meanwhile; UserError if the delta overflows the dtype
   */
  async run(
    folder: string,
    factorsOf: (tensor: string) => Promise<Factors> | undefined,
    done: (tensor: string, result: CopiedTensor | PatchedTensor) => void,
  ): Promise<void> {
    const path = join(folder, this.shard.name);
    const output = await open(path, 'wx');
    try {
      await output.writeFile(this.shard.file.headerBytes);
      for (const entry of this.shard.file.header.tensors.values()) {
        throwIfCancelled(this.signal);
        const factors = await factorsOf(entry.name);
        done(entry.name, await (factors ? this.patch(output, entry, factors) : this.copy(output, entry)));
        this.meter.addTensor();
      }
      await this.shard.file.assertUnchanged();
      await output.sync();
    } catch (error) {
      throw writeError(error, path);
    } finally {
      await output.close();
    }
  }

  private async copy(output: FileHandle, { begin, end }: TensorEntry): Promise<CopiedTensor> {
    const hash = createHash('sha256');
    for await (const piece of this.shard.file.pieces(begin, end)) {
      throwIfCancelled(this.signal);
      hash.update(piece);
      await output.writeFile(piece);
      this.meter.addBytes(piece.length);
    }
    return { sha256: hash.digest('hex') };
  }

  private async patch(output: FileHandle, entry: TensorEntry, factors: Factors): Promise<PatchedTensor> {
    const { shape } = factors;
    const dtype = entry.dtype as FloatDtype;
    const rowsPerTile = tileRows(shape);
    const rowBytes = shape.columns * bytesPerElement(dtype);
    const bytes = new Uint8Array(rowsPerTile * rowBytes);
    const [source, result] = [createHash('sha256'), createHash('sha256')];
    const sums = noSums();
    for (let row = 0; row < shape.rows; row += rowsPerTile) {
      await yieldToEvents(this.signal);
      const rows = Math.min(rowsPerTile, shape.rows - row);
      const tile = bytes.subarray(0, rows * rowBytes);
      await this.shard.file.read(tile, entry.begin + row * rowBytes);
      source.update(tile);
      this.buffers.add(tile, dtype, await tileDelta(this.kernel, factors, row, rows), sums);
      result.update(tile);
      await output.writeFile(tile);
      this.meter.addBytes(tile.length);
    }
    if (sums.overflowed > 0) throw overflow(entry, sums.overflowed);
    return { sourceSha256: source.digest('hex'), sha256: result.digest('hex'), sums };
  }
}

function overflow({ name, dtype }: TensorEntry, count: number): UserError {
  return new UserError(
    `${count} elements of ${name} overflow ${dtype} when the patch is added.`,
    'Use a smaller scale, or port to an adapter.',
  );
}
