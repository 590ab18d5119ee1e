import type { TorchContent } from './content.ts';
import { LIMITS } from './limits.ts';
import type { Range } from './place.ts';
import { readAt, type Source } from './positional.ts';
import { refuse } from './refusal.ts';
import { unpickle } from './unpickle.ts';
import { ZipDirectory } from './zip.ts';

const PICKLE = /^[^/]+\/data\.pkl$/;

/** The format of torch 1.6 and later: an archive with one folder, which holds data.pkl and a file for each storage. */
export async function readZipFormat(source: Source): Promise<TorchContent> {
  const zip = await ZipDirectory.read(source);
  const [name, second] = [...zip.names].filter((entry) => PICKLE.test(entry));
  if (name === undefined || second !== undefined) return refuse('its zip archive has not one data.pkl');
  const folder = name.slice(0, -'data.pkl'.length);
  if (zip.has(`${folder}constants.pkl`)) refuse('it is a TorchScript program, which holds code beside its weights');
  await checkByteOrder(source, zip, `${folder}byteorder`);
  const pickleBytes = await readEntry(source, await zip.locate(name), LIMITS.pickleBytes);
  const { value, end } = unpickle(pickleBytes);
  if (end !== pickleBytes.length) refuse('something follows its pickle');
  return { value, pickleBytes, locate: (key) => zip.locate(`${folder}data/${key}`) };
}

/** Files of before torch 2.1 do not say it, and torch reads those as little-endian too. */
async function checkByteOrder(source: Source, zip: ZipDirectory, name: string): Promise<void> {
  if (!zip.has(name)) return;
  const bytes = await readEntry(source, await zip.locate(name), 16);
  const order = Buffer.from(bytes).toString('latin1');
  if (order !== 'little') refuse('it was written on a big-endian machine');
}

async function readEntry(source: Source, { begin, end }: Range, limit: number): Promise<Uint8Array> {
  if (end - begin > limit) refuse(`its pickle has ${end - begin} bytes`);
  return readAt(source, begin, end - begin);
}
