import type { FileHandle } from 'node:fs/promises';
import pLimit from 'p-limit';
import { InputError, readError } from '../base/errors.ts';
import { formatBytes } from '../base/format.ts';
import { readFully, type Readable } from '../base/readFully.ts';
import { NOT_VALID, parseHeaderInSlices, type Header } from './header.ts';
import { headerLimit } from './headerLimit.ts';
import { sniff } from './sniff.ts';

/** Larger ones are read one after the other, so that a folder of them costs the memory of one. */
const LARGE_HEADER_BYTES = 1_000_000;
const oneAtATime = pLimit(1);

/** What the first bytes of a file say, and those bytes themselves, which identify it. */
export interface ReadHeader {
  readonly format: TensorFormat;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
}

export type TensorFormat = 'safetensors' | 'torch';

/** Finds the tensors of a file. @throws InputError if it is not of the format */
export type HeaderReader = (handle: FileHandle, fileBytes: number, path: string) => Promise<ReadHeader>;

/** Of a safetensors file. @throws InputError if it is none */
export async function readSafetensorsHeader(handle: FileHandle, size: number, path: string): Promise<ReadHeader> {
  const length = await readHeaderLength(handle, size, path);
  const read = async (): Promise<ReadHeader> => {
    const headerBytes = new Uint8Array(8 + length);
    await fill(handle, headerBytes, 0, path);
    return {
      format: 'safetensors',
      headerBytes,
      header: await parseHeaderInSlices(headerBytes.subarray(8), size, path),
    };
  };
  return length > LARGE_HEADER_BYTES ? oneAtATime(read) : read();
}

async function readHeaderLength(handle: FileHandle, size: number, path: string): Promise<number> {
  const start = new Uint8Array(Math.min(size, 256));
  await fill(handle, start, 0, path);
  const reject = (reason: string): never => {
    const seen = sniff(start);
    if (seen) throw new InputError(`${path} is not a safetensors file but ${seen.what}.`, seen.hint);
    throw new InputError(`${path} is not a valid safetensors file: ${reason}.`, NOT_VALID);
  };
  if (size < 8) reject('it is shorter than 8 bytes');
  const length = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (length > headerLimit()) reject(`its header would be longer than ${formatBytes(headerLimit())}`);
  if (8 + length > size) reject('it ends inside its header');
  return length;
}

/** @throws InputError if the file ends before `target` is full */
export async function fill(handle: Readable, target: Uint8Array, position: number, path: string): Promise<void> {
  const isWhole = await readFully(handle, target, position).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (!isWhole) throw new InputError(`${path} ended while it was being read.`, 'Is another program writing it?');
}
