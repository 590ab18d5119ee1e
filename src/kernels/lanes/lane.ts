import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bytesPerElement, type FloatDtype } from '../../safetensors/dtypes.ts';
import type { ProductShape } from '../lowRank.ts';
import type { LaneAnswer, LaneData, LaneOrder, LaneResult, TileWork } from './messages.ts';
import { DTYPE_NUMBERS, kernelMemory, loadKernels, machineArithmetic } from './module.ts';

/** Tiles under way at once: one is read, one is worked on, one is written. */
export const SLOTS = 3;
const PAGE_BYTES = 1 << 16;

/** What a tensor's tiles need room for, in bytes of the largest. */
export interface LaneRoom {
  readonly source: number;
  readonly target: number;
  /** Of the factor's rows, of a tile. */
  readonly left: number;
  /** Of the whole other factor. */
  readonly right: number;
  /** Of Δ as float32, of a tile. */
  readonly delta: number;
}

interface Slot {
  readonly source: number;
  readonly target: number;
  readonly left: number;
  readonly delta: number;
}

/** How much of a slot is hashed. */
export interface HashedBytes {
  readonly source?: number;
  readonly target: number;
  /** Whether the target's SHA-256 is wanted too. */
  readonly sha256: boolean;
}

interface Pending {
  resolve(answer: LaneResult | undefined): void;
  reject(reason: Error): void;
}

/** Where tiles are worked on: a thread, and a memory that both ends read and write. One tensor at a time. */
export class Lane {
  private readonly memory = kernelMemory();
  private readonly thread: Worker;
  private readonly freeFrom: number;
  private readonly pending: Pending[] = [];
  private slots: readonly Slot[] = [];
  private rightAt = 0;
  private failure: Error | undefined;

  constructor() {
    const arithmetic = machineArithmetic();
    this.freeFrom = loadKernels(this.memory, arithmetic).freeFrom();
    const workerData: LaneData = { memory: this.memory, arithmetic };
    this.thread = new Worker(threadFile(), { workerData, execArgv: [] });
    this.thread.unref();
    this.thread.on('message', (answer: LaneAnswer) => this.settle(answer));
    this.thread.on('error', (error: Error) => this.fail(error));
    this.thread.on('exit', () => this.fail(new Error('a lane has ended')));
  }

  /** Lays out the memory for the tiles of a tensor. @throws RangeError if there is not so much memory */
  makeRoom({ source, target, left, right, delta }: LaneRoom): void {
    let at = this.freeFrom;
    const take = (bytes: number): number => {
      const begin = Math.ceil(at / 64) * 64;
      at = begin + bytes;
      return begin;
    };
    this.rightAt = take(right);
    this.slots = Array.from({ length: SLOTS }, () => ({
      source: take(source),
      target: take(target),
      left: take(left),
      delta: take(delta),
    }));
    const missing = at - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  source(slot: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.slot(slot).source, bytes);
  }

  target(slot: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.slot(slot).target, bytes);
  }

  setRight(right: Float32Array): void {
    new Float32Array(this.memory.buffer, this.rightAt, right.length).set(right);
  }

  /**
   * target ← round(source + scale · left @ right), the right factor as it was set, and the bytes of both into the hashes.
   *
   * @param left [rows, rank], of the tile's rows
   */
  patch(slot: number, dtype: FloatDtype, left: Float32Array, shape: ProductShape, scale: number): Promise<void> {
    const place = this.slot(slot);
    new Float32Array(this.memory.buffer, place.left, left.length).set(left);
    const bytes = shape.rows * shape.columns * bytesPerElement(dtype);
    const work = { ...shape, scale, dtype: DTYPE_NUMBERS[dtype], left: place.left, right: this.rightAt };
    return this.compute(slot, bytes, { kind: 'patch', ...work });
  }

  /** target ← round(source + delta), and the bytes of both into the hashes. */
  add(slot: number, dtype: FloatDtype, delta: Float32Array): Promise<void> {
    const place = this.slot(slot);
    new Float32Array(this.memory.buffer, place.delta, delta.length).set(delta);
    const work = { dtype: DTYPE_NUMBERS[dtype], delta: place.delta, count: delta.length };
    return this.compute(slot, delta.length * bytesPerElement(dtype), { kind: 'add', ...work });
  }

  /** Nothing is computed; the bytes go into the hashes. */
  async hash(slot: number, { source = 0, target, sha256 }: HashedBytes): Promise<void> {
    const place = this.slot(slot);
    const spans = { source: source > 0 ? { at: place.source, bytes: source } : undefined, target: { at: place.target, bytes: target } };
    await this.order({ kind: 'tile', work: undefined, ...spans, sha256 });
  }

  /** The hashes and sums of all tiles since the last time. */
  async finish(): Promise<LaneResult> {
    const result = await this.order({ kind: 'finish' });
    if (result === undefined) throw new Error('a lane finished without a result');
    return result;
  }

  async close(): Promise<void> {
    await this.thread.terminate();
  }

  private async compute(slot: number, bytes: number, work: TileWork): Promise<void> {
    const place = this.slot(slot);
    const [source, target] = [{ at: place.source, bytes }, { at: place.target, bytes }];
    await this.order({ kind: 'tile', work, source, target, sha256: true });
  }

  private order(order: LaneOrder): Promise<LaneResult | undefined> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.pending.push({ resolve, reject });
      this.thread.ref();
      this.thread.postMessage(order);
    });
  }

  private settle(answer: LaneAnswer): void {
    const first = this.pending.shift();
    // An idle lane does not keep the process alive.
    if (this.pending.length === 0) this.thread.unref();
    if ('error' in answer) first?.reject(new Error(answer.error));
    else first?.resolve(answer.finished);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.pending.splice(0)) reject(error);
  }

  private slot(index: number): Slot {
    const slot = this.slots[index];
    if (slot === undefined) throw new Error('a lane has no room for this tile');
    return slot;
  }
}

/** Beside this file, or beside the bundle that it is part of (scripts/build.ts). */
function threadFile(): string {
  const name = import.meta.filename.endsWith('.ts') ? 'thread.ts' : 'lane.js';
  return join(import.meta.dirname, name);
}
