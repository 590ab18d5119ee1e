import { InputError } from './errors.ts';

/** What the record of a part says of who wrote it, and of what. */
export interface PartRecord {
  /** What a person calls it: a shard, a part. */
  readonly name: string;
  /** Of all that it depends on. */
  readonly key: string;
  readonly portllm: string;
  /** Whatever its bytes depend on of the machine. */
  readonly device: string;
  readonly host: string;
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
