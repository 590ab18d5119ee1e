import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../../base/abort.ts';
import { UserError, writeError } from '../../base/errors.ts';
import type { ProgressMeter } from '../../base/progress.ts';
import type { Delta } from '../../patch/delta.ts';
import { bytesPerElement, type FloatDtype } from '../../safetensors/dtypes.ts';
import { noSums, TileBuffers, type TileSums } from '../addDelta.ts';
import type { PlanItem } from '../plan/planTypes.ts';
import { tileRows } from '../tiles.ts';
import type { OutputShard, OutputTensor } from './outputTensor.ts';

export interface CopiedTensor {
  readonly sha256: string;
}

export interface PatchedTensor extends CopiedTensor {
  readonly sourceSha256: string;
  readonly sums: TileSums;
}

/** Writes one shard, adding the delta to the tensors that have one. Sequential in the output. */
export class ShardCopy {
  private readonly shard: OutputShard;
  private readonly meter: ProgressMeter;
  private readonly signal: AbortSignal;
  private readonly buffers = new TileBuffers();

  constructor(shard: OutputShard, meter: ProgressMeter, signal: AbortSignal) {
    this.shard = shard;
    this.meter = meter;
    this.signal = signal;
  }

  /**
   * @param deltaOf the delta of an item
   * @param done called for every tensor when its bytes are written
   * @throws InputError if a source changes meanwhile; UserError if the delta overflows the dtype
   */
  async run(
    folder: string,
    deltaOf: (item: PlanItem) => Promise<Delta>,
    done: (tensor: OutputTensor, result: CopiedTensor | PatchedTensor) => void,
  ): Promise<void> {
    const path = join(folder, this.shard.name);
    const output = await open(path, 'wx');
    try {
      await output.writeFile(this.shard.headerBytes);
      for (const tensor of this.shard.tensors) {
        throwIfCancelled(this.signal);
        const { item } = tensor;
        done(tensor, await (item ? this.patch(output, tensor, await deltaOf(item)) : this.copy(output, tensor)));
        this.meter.addTensor();
      }
      for (const file of new Set(this.shard.tensors.map(({ source }) => source.shard.file)))
        await file.assertUnchanged();
      await output.sync();
    } catch (error) {
      throw writeError(error, path);
    } finally {
      await output.close();
    }
  }

  private async copy(output: FileHandle, { source: { entry, shard } }: OutputTensor): Promise<CopiedTensor> {
    const hash = createHash('sha256');
    for await (const piece of shard.file.pieces(entry.begin, entry.end)) {
      throwIfCancelled(this.signal);
      hash.update(piece);
      await output.writeFile(piece);
      this.meter.addBytes(piece.length);
    }
    return { sha256: hash.digest('hex') };
  }

  private async patch(output: FileHandle, { name, source }: OutputTensor, delta: Delta): Promise<PatchedTensor> {
    const { entry, shard } = source;
    const dtype = entry.dtype as FloatDtype;
    const rowsPerTile = tileRows(delta);
    const rowBytes = delta.columns * bytesPerElement(dtype);
    const bytes = new Uint8Array(rowsPerTile * rowBytes);
    const [before, after] = [createHash('sha256'), createHash('sha256')];
    const sums = noSums();
    for (let row = 0; row < delta.rows; row += rowsPerTile) {
      await yieldToEvents(this.signal);
      const rows = Math.min(rowsPerTile, delta.rows - row);
      const tile = bytes.subarray(0, rows * rowBytes);
      await shard.file.read(tile, entry.begin + row * rowBytes);
      before.update(tile);
      this.buffers.add(tile, dtype, await delta.tile(row, rows), sums);
      after.update(tile);
      await output.writeFile(tile);
      this.meter.addBytes(tile.length);
    }
    if (sums.overflowed > 0) throw overflow(name, dtype, sums.overflowed);
    return { sourceSha256: before.digest('hex'), sha256: after.digest('hex'), sums };
  }
}

function overflow(name: string, dtype: FloatDtype, count: number): UserError {
  return new UserError(
    `${count} elements of ${name} overflow ${dtype} when the patch is added.`,
    'Use a smaller scale, or port to an adapter.',
  );
}
