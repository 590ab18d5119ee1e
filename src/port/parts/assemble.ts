import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import type { ProgressSink } from '../../base/progress.ts';
import { planShards, writeCheckpoint } from '../output/checkpointOutput.ts';
import { FinishedShards, outputKey } from '../output/finishedShards.ts';
import type { OutputShard } from '../output/outputTensor.ts';
import { assertPortable, openInputs, type PortInputs } from '../plan/inputs.ts';
import { finishPort, type PortResult } from '../port.ts';
import { Staging } from '../staging.ts';
import { Pieces, type Piece } from './pieces.ts';

/**
 * Makes an output of the parts that lie beside it: looks whether all are there and of one port, adds what is beside the
 * weights, reads everything back, and gives it its name. The parts are removed.
 *
 * @throws InputError if parts are missing, were damaged, or do not belong together; CancelledError
 */
export async function assemble(
  out: string,
  toolVersion: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<PortResult> {
  const pieces = Pieces.of(out);
  const request = await pieces.request();
  await using inputs = await openInputs(request);
  assertPortable(inputs.plan, request.agreed);
  const found = await collect(pieces, planShards(inputs));
  const device = commonDevice(found, inputs, toolVersion);
  const finished = new FinishedShards(outputKey(inputs, device, toolVersion));
  const staging = await Staging.create(out, 0);
  try {
    for (const { shard } of found) {
      await pieces.put(shard, staging.folder);
      finished.set(shard);
    }
    const written = await writeCheckpoint(inputs, staging.folder, finished, undefined, sink, signal);
    const [name = device] = device.split(' ');
    const result = await finishPort(inputs, written, { staging, finished, device: name, toolVersion }, sink, signal);
    await pieces.remove();
    return result;
  } catch (error) {
    await staging.discard();
    throw error;
  }
}

/** @throws InputError naming the shards that are missing */
async function collect(pieces: Pieces, shards: readonly OutputShard[]): Promise<Piece[]> {
  const found = await Promise.all(shards.map(({ name }) => pieces.get(name)));
  const missing = shards.filter((_, at) => found[at] === undefined).map(({ name }) => name);
  if (missing.length > 0)
    throw new InputError(
      `${missing.length} of ${shards.length} shards are missing: ${brief(missing.join(', '))}.`,
      'Write their parts (portllm port … --part i/n), then assemble again.',
    );
  return found.flatMap((piece) => piece ?? []);
}

/** The one that all were computed on. @throws InputError if they do not belong together, or to the inputs as they are now */
function commonDevice(found: readonly Piece[], inputs: PortInputs, toolVersion: string): string {
  const other = found.find(({ portllm }) => portllm !== toolVersion);
  if (other !== undefined)
    throw new InputError(
      `${nameOf(other)} was written by PortLLM ${other.portllm}, and this is ${toolVersion}.`,
      'Write its part again with this version, or assemble with that one.',
    );
  const [first] = found;
  if (first === undefined) throw new InputError('The new base has no weights.');
  const { device } = first;
  const unlike = found.find((piece) => piece.device !== device);
  if (unlike !== undefined)
    throw new InputError(
      `${nameOf(unlike)} was computed on ${unlike.device}, ${nameOf(first)} on ${device}: they round differently.`,
      'Write one of them again, on a machine like the other.',
    );
  const key = outputKey(inputs, device, toolVersion);
  const stale = found.find((piece) => piece.key !== key);
  if (stale === undefined) return device;
  throw new InputError(
    `${nameOf(stale)} was written from other files: the patch or a base has changed since.`,
    'Write its part again.',
  );
}

function nameOf({ shard, host }: Piece): string {
  return `${shard.name} (of ${host})`;
}
