import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../../base/abort.ts';
import { UserError, writeError } from '../../base/errors.ts';
import type { ProgressMeter } from '../../base/progress.ts';
import type { Delta } from '../../patch/delta.ts';
import { noSums, TileBuffers, type TileSums } from '../addDelta.ts';
import type { PlanItem } from '../plan/planTypes.ts';
import type { OutputShard, OutputTensor } from './outputTensor.ts';
import { patchedTiles } from './patchedTiles.ts';

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
   * @returns the size of the file
   * @throws InputError if a source changes meanwhile; UserError if the delta overflows the dtype
   */
  async run(
    folder: string,
    deltaOf: (item: PlanItem) => Promise<Delta>,
    done: (tensor: OutputTensor, result: CopiedTensor | PatchedTensor) => void,
  ): Promise<number> {
    const path = join(folder, this.shard.name);
    const output = await open(path, 'wx');
    try {
      await output.writeFile(this.shard.headerBytes);
      for (const tensor of this.shard.tensors) {
        throwIfCancelled(this.signal);
        const { item } = tensor;
        done(tensor, await (item ? this.write(output, tensor, await deltaOf(item)) : this.copy(output, tensor)));
        this.meter.addTensor();
      }
      for (const file of new Set(this.shard.tensors.map(({ source }) => source.shard.file)))
        await file.assertUnchanged();
      await output.sync();
      return (await output.stat()).size;
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

  private async write(output: FileHandle, tensor: OutputTensor, delta: Delta): Promise<PatchedTensor> {
    const sums = noSums();
    const [before, after] = [createHash('sha256'), createHash('sha256')];
    for await (const tile of patchedTiles(tensor, delta, this.buffers, sums)) {
      await yieldToEvents(this.signal);
      before.update(tile.source);
      after.update(tile.bytes);
      await output.writeFile(tile.bytes);
      this.meter.addBytes(tile.source.length);
    }
    if (sums.overflowed > 0) throw overflow(tensor.name, tensor.dtype, sums.overflowed);
    return { sourceSha256: before.digest('hex'), sha256: after.digest('hex'), sums };
  }
}

function overflow(name: string, dtype: string, count: number): UserError {
  return new UserError(
    `${count} elements of ${name} overflow ${dtype} when the patch is added.`,
    'Use a smaller scale, or port to an adapter.',
  );
}
