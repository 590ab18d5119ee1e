import type { TorchContent } from './content.ts';
import { LIMITS } from './limits.ts';
import type { Range } from './place.ts';
import { readAt, type Source } from './positional.ts';
import { bytesOf } from './rebuild.ts';
import { EndOfBytes, quote, refuse } from './refusal.ts';
import { unpickle } from './unpickle.ts';
import { PickleDict, PickleList, type PickleStorage, type Value } from './values.ts';

/** MAGIC_NUMBER and PROTOCOL_VERSION of torch/serialization.py. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const FIRST_READ_BYTES = 1 << 20;

interface Pickles {
  readonly value: Value;
  readonly storages: readonly PickleStorage[];
  readonly keys: readonly string[];
  readonly end: number;
}

/** The format of before torch 1.6: five pickles, then for each storage how many elements it has, and its bytes. */
export async function readLegacyFormat(source: Source): Promise<TorchContent> {
  const { bytes, pickles } = await readPickles(source);
  const ranges = await findRanges(source, pickles);
  return {
    value: pickles.value,
    pickleBytes: bytes.slice(0, pickles.end),
    locate: (key) => ranges.get(key) ?? refuse(`it has no storage ${quote(key)}`),
  };
}

/** Nothing says how long the pickles are, so ever more of the file is read until they end. */
async function readPickles(source: Source): Promise<{ bytes: Uint8Array; pickles: Pickles }> {
  const most = Math.min(source.fileBytes, LIMITS.pickleBytes);
  for (let length = Math.min(FIRST_READ_BYTES, most); ; length = Math.min(length * 8, most)) {
    const bytes = await readAt(source, 0, length);
    try {
      return { bytes, pickles: parsePickles(bytes) };
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      if (length === source.fileBytes) throw error;
      if (length === most) refuse(`its pickles are longer than ${most} bytes`);
    }
  }
}

function parsePickles(bytes: Uint8Array): Pickles {
  const magic = unpickle(bytes);
  if (magic.value !== MAGIC) refuse('it is a pickle that torch.save did not write');
  const version = unpickle(bytes, magic.end);
  if (version.value !== VERSION) refuse('it is of an unknown version of the format');
  const system = unpickle(bytes, version.end);
  if (!isLittleEndian(system.value)) refuse('it was not written on a little-endian machine');
  const content = unpickle(bytes, system.end);
  const keys = unpickle(bytes, content.end);
  return { value: content.value, storages: content.storages, keys: keysOf(keys.value), end: keys.end };
}

function isLittleEndian(system: Value): boolean {
  if (!(system instanceof PickleDict)) return false;
  const found = system.entries.filter(([key]) => key === 'little_endian');
  return found.length === 1 && found[0]?.[1] === true;
}

function keysOf(value: Value): string[] {
  if (!(value instanceof PickleList)) return refuse('it has no list of storages');
  const keys = value.items.map((key) => (typeof key === 'string' ? key : refuse('it has a storage without a name')));
  return new Set(keys).size === keys.length ? keys : refuse('it lists a storage twice');
}

/** Storages follow one another to the end of the file, each after its number of elements. */
async function findRanges(source: Source, pickles: Pickles): Promise<Map<string, Range>> {
  // Of several references to a storage, the first decides how large an element is, as in torch.
  const elementBytes = new Map<string, number>();
  for (const { key, dtype } of pickles.storages)
    if (!elementBytes.has(key)) elementBytes.set(key, bytesOf(dtype ?? 'U8'));
  const ranges = new Map<string, Range>();
  let at = pickles.end;
  for (const key of pickles.keys) {
    if (source.fileBytes - at < 8) refuse('it is cut off between its storages');
    const count = new DataView((await readAt(source, at, 8)).buffer).getBigInt64(0, true);
    const bytes = Number(count) * (elementBytes.get(key) ?? refuse(`nothing uses its storage ${quote(key)}`));
    const begin = at + 8;
    if (!(bytes >= 0 && bytes <= source.fileBytes - begin)) refuse(`its storage ${quote(key)} is cut off`);
    at = begin + bytes;
    ranges.set(key, { begin, end: at });
  }
  if (at !== source.fileBytes) refuse(`${source.fileBytes - at} bytes follow its last storage`);
  return ranges;
}
