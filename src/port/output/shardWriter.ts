import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, writeError } from '../../base/errors.ts';
import type { ProgressMeter } from '../../base/progress.ts';
import { together } from '../../base/together.ts';
import { writeFully } from '../../base/writeFully.ts';
import type { Lane } from '../../kernels/lanes/lane.ts';
import { useLane } from '../../kernels/lanes/lanes.ts';
import type { Delta } from '../../patch/delta.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import type { PlanItem } from '../plan/planTypes.ts';
import { copyTensor, type CopiedTensor } from './copyTensor.ts';
import { openOutput } from './openOutput.ts';
import { bytesOf, type OutputShard, type OutputTensor } from './outputTensor.ts';
import { writePatched, type PatchedTensor } from './patchTensor.ts';

export interface WrittenTensor extends OutputTensor {
  /** In the shard's file. */
  readonly position: number;
  readonly result: CopiedTensor | PatchedTensor;
}

/** Where a tensor's bytes go. */
interface Place {
  readonly position: number;
  /** Whether the output is a clone of the tensor's file. */
  readonly there: boolean;
}

/** Writes a shard, several tensors at a time, adding the delta to those that have one. */
export class ShardWriter {
  private readonly shard: OutputShard;
  private readonly deltaOf: (item: PlanItem) => Promise<Delta>;
  private readonly meter: ProgressMeter;
  private readonly signal: AbortSignal;

  constructor(
    shard: OutputShard,
    deltaOf: (item: PlanItem) => Promise<Delta>,
    meter: ProgressMeter,
    signal: AbortSignal,
  ) {
    this.shard = shard;
    this.deltaOf = deltaOf;
    this.meter = meter;
    this.signal = signal;
  }

  /**
   * @returns the tensors in the file's order; their bytes may still be on their way to the disk
   * @throws InputError if a source changes meanwhile; UserError if the delta overflows the dtype
   */
  async run(folder: string): Promise<WrittenTensor[]> {
    const path = join(folder, this.shard.name);
    const { file: output, clonedFrom } = await openOutput(this.shard, path);
    try {
      if (clonedFrom === undefined) await writeFully(output, this.shard.headerBytes, 0);
      const written = await this.writeTensors(output, clonedFrom);
      for (const file of new Set(this.shard.tensors.map(({ source }) => source.shard.file)))
        await file.assertUnchanged();
      return written;
    } catch (error) {
      throw writeError(error, path);
    } finally {
      await output.close();
    }
  }

  private writeTensors(output: FileHandle, clonedFrom: TensorFile | undefined): Promise<WrittenTensor[]> {
    let end = this.shard.headerBytes.length;
    const placed = this.shard.tensors.map((tensor) => {
      const position = end;
      end += bytesOf(tensor);
      return { tensor, place: { position, there: tensor.source.shard.file === clonedFrom } };
    });
    const write = async ({ tensor, place }: (typeof placed)[number], signal: AbortSignal): Promise<WrittenTensor> => {
      const result = await useLane((lane) => this.writeTensor(lane, output, tensor, place, signal), signal);
      this.meter.addTensor();
      return { ...tensor, position: place.position, result };
    };
    return together(placed, write, this.signal);
  }

  private async writeTensor(
    lane: Lane,
    output: FileHandle,
    tensor: OutputTensor,
    { position, there }: Place,
    signal: AbortSignal,
  ): Promise<CopiedTensor | PatchedTensor> {
    const { item, source } = tensor;
    const onBytes = (bytes: number): void => this.meter.addBytes(bytes);
    if (item === undefined) {
      const isThere = there && position === source.entry.begin;
      return copyTensor(lane, source, isThere ? undefined : { file: output.fd, position }, onBytes, signal);
    }
    const target = { file: output, position };
    const result = await writePatched(lane, tensor, await this.deltaOf(item), target, onBytes, signal);
    if (result.sums.overflowed > 0) throw overflow(tensor, result.sums.overflowed);
    return result;
  }
}

function overflow({ name, dtype }: OutputTensor, count: number): UserError {
  return new UserError(
    `${count} elements of ${name} overflow ${dtype} when the patch is added.`,
    'Use a smaller scale, or port to an adapter.',
  );
}
