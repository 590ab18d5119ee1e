import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { partOf, type Part } from '../../base/part.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { assertOutside } from '../assertOutside.ts';
import { planShards, sourceBytes, writeShards } from '../output/checkpointOutput.ts';
import { deviceOf, outputKey, type FinishedShard } from '../output/finishedShards.ts';
import { assertPortable, openInputs } from '../plan/inputs.ts';
import type { PortRequest } from '../plan/planTypes.ts';
import { assertCheckpoint } from './dividePort.ts';
import { Pieces } from './pieces.ts';
import { PORT_REQUEST } from './request.ts';

export interface PortedPart {
  /** Where the shards lie until they are put together. */
  readonly folder: string;
  readonly shards: readonly string[];
}

/**
 * Writes some of a checkpoint's shards, each to the bytes that a port of the whole would write. `assemble` makes the output of
 * them. Any part can be repeated, anywhere where the same files are seen under the same paths.
 *
 * @throws InputError if the inputs cannot be used or have fewer shards than parts; CancelledError
 */
export async function portPart(
  request: PortRequest,
  part: Part,
  kernel: LowRankKernel,
  toolVersion: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<PortedPart> {
  await using inputs = await openInputs(request);
  assertPortable(inputs.plan, request.agreed);
  await assertOutside(request);
  assertCheckpoint(request);
  const all = partOf(planShards(inputs), part, 'shard');
  const parts = new PartsFolder(request.out);
  await parts.begin('port', PORT_REQUEST, request);
  const pieces = new Pieces(parts);
  const device = deviceOf(kernel);
  const key = outputKey(inputs, device, toolVersion);
  // A part that was stopped goes on with the shards that it had not finished.
  const shards = await pieces.without(key, all);
  const workplace = await pieces.workplace();
  try {
    const outputs = shards.flatMap(({ tensors }) => tensors);
    const meter = new ProgressMeter('Porting', { bytes: sourceBytes(outputs), tensors: outputs.length }, sink);
    const finished = {
      add: (folder: string, shard: FinishedShard) =>
        pieces.add(join(folder, shard.name), { key, portllm: toolVersion, device, host: hostname(), shard }),
    };
    const onWritten = (): void => undefined;
    await writeShards(inputs, shards, { folder: workplace, finished, kernel, meter, onWritten, signal });
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
  return { folder: parts.folder, shards: all.map(({ name }) => name) };
}
