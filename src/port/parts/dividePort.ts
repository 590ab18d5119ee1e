import type { Divided } from '../../base/divided.ts';
import { InputError } from '../../base/errors.ts';
import { usualDevice } from '../../base/partRecord.ts';
import { partOf, partsOf } from '../../base/part.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { assertAbsent } from '../../base/there.ts';
import { elements } from '../../safetensors/shape.ts';
import { assertOutside } from '../assertOutside.ts';
import { planShards } from '../output/checkpointOutput.ts';
import { outputKey } from '../output/finishedShards.ts';
import { assertPortable, openInputs } from '../plan/inputs.ts';
import type { PortPlan, PortRequest } from '../plan/planTypes.ts';
import { Pieces } from './pieces.ts';
import { PORT_REQUEST } from './request.ts';

/** A port takes some hundred megabytes (bench/results/port-growth.md). */
const LEAST_MEMORY = 1_000_000_000;

/**
 * Divides a port to a checkpoint by its shards.
 *
 * @param wanted parts; as many as there are shards, unless told
 * @throws InputError if the output is there, the inputs cannot be used, or there are fewer shards than parts
 */
export async function dividePort(
  request: PortRequest,
  wanted: number | undefined,
  toolVersion: string,
): Promise<Divided> {
  assertCheckpoint(request);
  await assertAbsent(request.out);
  await using inputs = await openInputs(request);
  assertPortable(inputs.plan, request.agreed);
  await assertOutside(request);
  const shards = planShards(inputs);
  const count = wanted ?? shards.length;
  const divided = partsOf(count).map((part) => partOf(shards, part, 'shard'));
  const parts = new PartsFolder(request.out);
  await parts.begin('port', PORT_REQUEST, request);
  const pieces = new Pieces(parts);
  const device = usualDevice(await pieces.among(shards), toolVersion) ?? '';
  const key = outputKey(inputs, device, toolVersion);
  const missing: number[] = [];
  for (const [at, own] of divided.entries()) if ((await pieces.without(key, own)).length > 0) missing.push(at + 1);
  return {
    out: request.out,
    ...{ count, missing },
    evidence: divided.map((own) => own.map(({ name }) => pieces.recordOf(name))),
    inputs: [...patchesOf(request), request.onto, ...(request.from === undefined ? [] : [request.from])],
    folder: parts.folder,
    memoryBytes: memoryFor(inputs.plan),
  };
}

/** @throws InputError */
export function assertCheckpoint({ as }: PortRequest): void {
  if (as !== 'checkpoint')
    throw new InputError('An adapter is not made in parts.', 'It takes a second or two as a whole.');
}

function patchesOf({ patch, plus = [] }: PortRequest): string[] {
  return [patch, ...plus.map((other) => other.patch)];
}

/** Where Δ is a difference of weights, or no product, a part of the largest tensor is held in float32, twice. */
function memoryFor({ items, needsOldBase }: PortPlan): number {
  const largest = items.reduce((most, { shape }) => Math.max(most, elements(shape)), 0);
  return LEAST_MEMORY + (needsOldBase ? 8 * largest : 0);
}
