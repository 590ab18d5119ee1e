import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, writeError } from '../../base/errors.ts';
import type { ProgressMeter } from '../../base/progress.ts';
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

  /** All of them have ended when this does, also where one fails. */
  private async writeTensors(output: FileHandle, clonedFrom: TensorFile | undefined): Promise<WrittenTensor[]> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.signal, stop.signal]);
    const failures: unknown[] = [];
    let end = this.shard.headerBytes.length;
    const writing = this.shard.tensors.map(async (tensor) => {
      const place = { position: end, there: tensor.source.shard.file === clonedFrom };
      end += bytesOf(tensor);
      try {
        const result = await useLane((lane) => this.writeTensor(lane, output, tensor, place, signal), signal);
        this.meter.addTensor();
        return [{ ...tensor, position: place.position, result }];
      } catch (error) {
        failures.push(error);
        stop.abort();
        return [];
      }
    });
    const written = await Promise.all(writing);
    if (failures.length > 0) throw failures[0];
    return written.flat();
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
