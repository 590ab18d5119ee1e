import { InputError } from '../../base/errors.ts';
import { assertTogether } from '../../base/partRecord.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { brief } from '../../base/quote.ts';
import type { ProgressSink } from '../../base/progress.ts';
import { planShards, writeCheckpoint } from '../output/checkpointOutput.ts';
import { FinishedShards, outputKey } from '../output/finishedShards.ts';
import type { OutputShard } from '../output/outputTensor.ts';
import { assertPortable, openInputs } from '../plan/inputs.ts';
import { finishPort, type PortResult } from '../port.ts';
import { Staging } from '../staging.ts';
import { Pieces, type Piece } from './pieces.ts';
import { PORT_REQUEST } from './request.ts';

/**
 * Makes an output of the parts that lie beside it: looks whether all are there and of one port, adds what is beside the
 * weights, reads everything back, and gives it its name. The parts are removed.
 *
 * @throws InputError if parts are missing, were damaged, or do not belong together; CancelledError
 */
export async function assemblePort(
  out: string,
  toolVersion: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<PortResult> {
  const parts = new PartsFolder(out);
  const request = await parts.request(PORT_REQUEST);
  const pieces = new Pieces(parts);
  await using inputs = await openInputs(request);
  assertPortable(inputs.plan, request.agreed);
  const found = await collect(pieces, planShards(inputs));
  const device = assertTogether(
    found.map((piece) => ({ ...piece, name: piece.shard.name })),
    (on) => outputKey(inputs, on, toolVersion),
    toolVersion,
  );
  if (device === undefined) throw new InputError('The new base has no weights.');
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
    await parts.remove();
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
