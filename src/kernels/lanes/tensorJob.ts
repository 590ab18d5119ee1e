import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { READ } from '../../base/openRegular.ts';
import type { TargetPlace, LaneFailure, TensorOrder } from './messages.ts';

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

export class LaneError extends Error {
  readonly failure: LaneFailure;

  constructor(failure: LaneFailure, cause?: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/**
 * Reads, works on, writes and reads back a tensor, tile by tile, in this thread: a tile is still in the processor's cache when
 * it is worked on, and nobody is waited for. Threads take turns in waiting for the disk.
 *
 * @throws LaneError
 */
export function carryOutTensor(order: TensorOrder, tools: TileTools): void {
  const file = attempt('reading', () => openSync(order.from.path, READ));
  try {
    for (let at = 0; at < order.bytes; at += order.tileBytes) carryOutTile(order, file, at, tools);
  } finally {
    closeSync(file);
  }
}

function carryOutTile(order: TensorOrder, file: number, at: number, tools: TileTools): void {
  const { from, to, bytes, tileBytes, patch, source, target } = order;
  stopIfAsked(tools);
  const length = Math.min(tileBytes, bytes - at);
  const bytesAt = (address: number): Uint8Array => new Uint8Array(tools.memory.buffer, address, length);
  readAll('reading', bytesAt(patch === undefined ? target : source), { file, position: from.position }, at);
  tools.work(order, at, length);
  if (to !== undefined) {
    writeAll(bytesAt(target), to, at);
    readAll('reading back', bytesAt(source), to, at);
    if (!tools.isSame(order, length))
      throw new LaneError({ during: 'reading back', message: 'it differs', ...NO_CODE });
  }
  tools.tileDone();
}

/** @throws LaneError */
export function stopIfAsked(tools: TileTools): void {
  if (tools.isStopped()) throw new LaneError({ during: 'stopped', message: 'stopped', ...NO_CODE });
}

const NO_CODE = { code: undefined, syscall: undefined };

export function readAll(
  during: LaneFailure['during'],
  bytes: Uint8Array,
  { file, position }: TargetPlace,
  at: number,
): void {
  for (let done = 0; done < bytes.length;) {
    const count = attempt(during, () => readSync(file, bytes, done, bytes.length - done, position + at + done));
    if (count === 0) throw new LaneError({ during, message: 'the file has ended', ...NO_CODE });
    done += count;
  }
}

function writeAll(bytes: Uint8Array, { file, position }: TargetPlace, at: number): void {
  for (let done = 0; done < bytes.length;)
    done += attempt('writing', () => writeSync(file, bytes, done, bytes.length - done, position + at + done));
}

export function attempt<T>(during: LaneFailure['during'], operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw new LaneError({ during, ...wordsOf(error) }, error);
  }
}

export function wordsOf(error: unknown): Pick<LaneFailure, 'message' | 'code' | 'syscall'> {
  if (!(error instanceof Error)) return { message: String(error), ...NO_CODE };
  const { code, syscall } = error as NodeJS.ErrnoException;
  return { message: error.message, code, syscall };
}
