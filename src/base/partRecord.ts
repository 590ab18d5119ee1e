import * as z from 'zod';
import { InputError } from './errors.ts';
import { partsOf, type Part } from './part.ts';

/** What the record of a part says of who wrote it, and of what. */
export const PART_RECORD = z.object({
  /** Of all that it depends on. */
  key: z.string(),
  portllm: z.string(),
  /** Whatever its bytes depend on of the machine. */
  device: z.string(),
  host: z.string(),
});

export interface PartRecord extends z.output<typeof PART_RECORD> {
  /** What a person calls it: a shard, a part. */
  readonly name: string;
}

type Unnamed = z.output<typeof PART_RECORD>;

/** That most of this version's records are of: nodes of one cluster may differ, and only like ones go together. */
export function usualDevice(records: readonly Unnamed[], toolVersion: string): string | undefined {
  const counts = new Map<string, number>();
  for (const { device, portllm } of records)
    if (portllm === toolVersion) counts.set(device, (counts.get(device) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0];
}

/** What a record must say so that its part need not be computed again. */
export interface Wanted {
  readonly device: string | undefined;
  readonly key: string;
  readonly toolVersion: string;
}

export function isCurrent({ portllm, device, key }: Unnamed, wanted: Wanted): boolean {
  return portllm === wanted.toolVersion && device === wanted.device && key === wanted.key;
}

/** The parts of a division that have to be computed. @param records of any division */
export function missingParts(
  records: readonly (Unnamed & { readonly part: Part })[],
  count: number,
  wanted: Wanted,
): number[] {
  const current = records.filter((record) => record.part.count === count && isCurrent(record, wanted));
  const there = new Set(current.map(({ part }) => part.index));
  return partsOf(count).flatMap(({ index }) => (there.has(index) ? [] : [index]));
}

/**
 * @param keyOn the key that they must have, as the inputs are now, on a device
 * @returns the device that all were computed on; undefined if there are none
 * @throws InputError if they do not belong together, or to the inputs as they are now
 */
export function assertTogether(
  found: readonly PartRecord[],
  keyOn: (device: string) => string,
  toolVersion: string,
): string | undefined {
  const other = found.find(({ portllm }) => portllm !== toolVersion);
  if (other !== undefined)
    throw new InputError(
      `${nameOf(other)} was written by PortLLM ${other.portllm}, and this is ${toolVersion}.`,
      'Write its part again with this version, or assemble with that one.',
    );
  const [first] = found;
  if (first === undefined) return undefined;
  const { device } = first;
  const unlike = found.find((record) => record.device !== device);
  if (unlike !== undefined)
    throw new InputError(
      `${nameOf(unlike)} was computed on ${unlike.device}, ${nameOf(first)} on ${device}: they round differently.`,
      'Write one of them again, on a machine like the other.',
    );
  const key = keyOn(device);
  const stale = found.find((record) => record.key !== key);
  if (stale === undefined) return device;
  throw new InputError(
    `${nameOf(stale)} was written from other files: the patch or a base has changed since.`,
    'Write its part again.',
  );
}

function nameOf({ name, host }: PartRecord): string {
  return `${name} (of ${host})`;
}
