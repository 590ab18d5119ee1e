import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { READ } from '../../base/openRegular.ts';
import { failureOf, LaneError } from './failure.ts';
import type { LaneFailure, SourcePlace, TensorOrder } from './messages.ts';

/** What a tensor's tiles are worked on with. */
export interface TileTools {
  readonly memory: WebAssembly.Memory;
  /** Whether the host has asked to stop. */
  isStopped(): boolean;
  /** Patches, where there is something to be added, and hashes, the tile that begins `at` bytes into the tensor. */
  work(order: TensorOrder, at: number, length: number): void;
  /** Whether what was read back is what was worked on. */
  isSame(order: TensorOrder, length: number): boolean;
  tileDone(): void;
}

/** A file that this thread has opened, or was given. */
export interface OpenFile {
  readonly file: number;
  readonly position: number;
  readonly path?: string;
}

/**
 * Reads, works on, writes and reads back a tensor, tile by tile, in this thread: a tile is still in the processor's cache when
 * it is worked on, and nobody is waited for. Threads take turns in waiting for the disk.
 *
 * @throws LaneError
 */
export function carryOutTensor(order: TensorOrder, tools: TileTools): void {
  const from = openSource(order.from);
  try {
    for (let at = 0; at < order.bytes; at += order.tileBytes) carryOutTile(order, from, at, tools);
  } finally {
    closeSync(from.file);
  }
}

function carryOutTile(order: TensorOrder, from: OpenFile, at: number, tools: TileTools): void {
  const { to, bytes, tileBytes, patch, source, target } = order;
  stopIfAsked(tools);
  const length = Math.min(tileBytes, bytes - at);
  const bytesAt = (address: number): Uint8Array => new Uint8Array(tools.memory.buffer, address, length);
  readAll('reading', bytesAt(patch === undefined ? target : source), from, at);
  tools.work(order, at, length);
  if (to !== undefined) {
    writeAll(bytesAt(target), to, at);
    readAll('reading back', bytesAt(source), to, at);
    if (!tools.isSame(order, length)) throw new LaneError({ during: 'reading back', message: 'it differs' });
  }
  tools.tileDone();
}

/** @throws LaneError */
export function stopIfAsked(tools: TileTools): void {
  if (tools.isStopped()) throw new LaneError({ during: 'stopped', message: 'stopped' });
}

/** @throws LaneError */
export function openSource({ path, position }: SourcePlace): OpenFile {
  return { file: attempt({ during: 'reading', path }, () => openSync(path, READ)), position, path };
}

/** Fills `bytes` with those that begin `at` bytes into the tensor. @throws LaneError */
export function readAll(during: LaneFailure['during'], bytes: Uint8Array, from: OpenFile, at: number): void {
  const { file, position, path } = from;
  const when = { during, path };
  for (let done = 0; done < bytes.length;) {
    const count = attempt(when, () => readSync(file, bytes, done, bytes.length - done, position + at + done));
    if (count === 0) throw new LaneError({ ...when, message: 'the file has ended' });
    done += count;
  }
}

function writeAll(bytes: Uint8Array, { file, position }: OpenFile, at: number): void {
  const when = { during: 'writing' as const };
  for (let done = 0; done < bytes.length;)
    done += attempt(when, () => writeSync(file, bytes, done, bytes.length - done, position + at + done));
}

function attempt<T>(when: Pick<LaneFailure, 'during' | 'path'>, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw new LaneError(failureOf(error, when), error);
  }
}
