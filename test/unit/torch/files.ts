import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTorchHeader, type TorchHeader } from '../../../src/torch/header.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

export const TORCH_FILES = join(ROOT, 'test/golden/torch/files');

export async function readHeader(path: string): Promise<TorchHeader> {
  await using file = await open(path, 'r');
  return await readTorchHeader(file, (await file.stat()).size, path);
}

/** Reads a file of these bytes. */
export async function readBytes(bytes: Uint8Array): Promise<TorchHeader> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'x.bin');
  await writeFile(path, bytes);
  return await readHeader(path);
}

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  /** Another name in the header before the data. */
  readonly localName?: string;
}

/** A zip archive without checksums, which may break the format's rules. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const { name, data, method = 0, localName = name } of entries) {
    const offset = parts.reduce((sum, part) => sum + part.length, 0);
    const sizes = [u16(20), u16(0x800), u16(method), Buffer.alloc(8), u32(data.length), u32(data.length)];
    const local = Buffer.from(localName);
    parts.push(Buffer.concat([u32(0x04034b50), ...sizes, u16(local.length), u16(0), local, data]));
    const raw = Buffer.from(name);
    directory.push(Buffer.concat([u32(0x02014b50), u16(20), ...sizes, u16(raw.length), Buffer.alloc(12), u32(offset)]));
    directory.push(raw);
  }
  const data = Buffer.concat(parts);
  const central = Buffer.concat(directory);
  const counts = [u16(entries.length), u16(entries.length), u32(central.length), u32(data.length), u16(0)];
  return Buffer.concat([data, central, u32(0x06054b50), Buffer.alloc(4), ...counts]);
}

/** A file of the zip format with this pickle and eight bytes for its storage "0". */
export function torchZip(pickle: Uint8Array, more: readonly ZipEntry[] = []): Buffer {
  return zipOf([{ name: 'x/data.pkl', data: pickle }, { name: 'x/data/0', data: Buffer.from('12345678') }, ...more]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
