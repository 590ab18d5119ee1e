import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bytesPerElement, type FloatDtype } from '../../safetensors/dtypes.ts';
import type { Factors } from '../lowRank.ts';
import { errorOf } from './failure.ts';
import { growMemory } from './growMemory.ts';
import { Layout } from './layout.ts';
import { CONTROL } from './messages.ts';
import type { FiguresOrder, LaneAnswer, LaneData, LaneFigures, LaneOrder, LaneResult } from './messages.ts';
import type { SourcePlace, TargetPlace, TensorOrder } from './messages.ts';
import { compileKernels, DTYPE_NUMBERS, kernelMemory } from './module.ts';
import { ownKernels } from './ownKernels.ts';

/** Tiles under way at once: one is read, one is worked on, one is written. */
export const SLOTS = 3;
const PROGRESS_MS = 80;

/** What a tensor's tiles need room for, in bytes of the largest. */
export interface LaneRoom {
  readonly source?: number;
  readonly target: number;
  /** Of Δ as float32. */
  readonly delta?: number;
}

interface Slot {
  readonly source: number;
  readonly target: number;
  readonly delta: number;
}

/** A tensor of one file, to be copied to another, or only hashed. */
export interface TensorJob {
  readonly from: SourcePlace;
  readonly to: TargetPlace | undefined;
  readonly bytes: number;
  readonly tileBytes: number;
  readonly patch: (Factors & { readonly dtype: FloatDtype }) | undefined;
}

/** Where a tensor is, and its dtype. */
export interface TypedPlace extends SourcePlace {
  readonly dtype: FloatDtype;
}

export interface FiguresJob {
  readonly now: TypedPlace;
  readonly then: TypedPlace | undefined;
  readonly factors: Factors;
  readonly tileRows: number;
}

interface Pending {
  resolve(answer: LaneResult | LaneFigures | undefined): void;
  reject(reason: Error): void;
}

/** Where tiles are worked on: a thread, and a memory that both ends read and write. One tensor at a time. */
export class Lane {
  private readonly memory = kernelMemory();
  private readonly thread: Worker;
  /** Where the memory is the host's, as in every memory that the kernels are loaded on. */
  private readonly freeFrom = ownKernels([]).kernels.freeFrom();
  private readonly pending: Pending[] = [];
  private slots: readonly Slot[] = [];
  private failure: Error | undefined;

  constructor() {
    const workerData: LaneData = { memory: this.memory, module: compileKernels() };
    this.thread = new Worker(threadFile(), { workerData, execArgv: [] });
    this.thread.unref();
    this.thread.on('message', (answer: LaneAnswer) => this.settle(answer));
    this.thread.on('error', (error: Error) => this.fail(error));
    this.thread.on('exit', () => this.fail(new Error('a lane has ended')));
  }

  /** Lays out the memory for the tiles of a tensor. @throws UserError if there is not so much memory */
  makeRoom({ source = 0, target, delta = 0 }: LaneRoom): void {
    const layout = this.layOut();
    this.slots = Array.from({ length: SLOTS }, () => ({
      source: layout.take(source),
      target: layout.take(target),
      delta: layout.take(delta),
    }));
    growMemory(this.memory, layout.end);
  }

  /** From the memory's beginning. */
  private layOut(): Layout {
    return new Layout(this.freeFrom + CONTROL.bytes);
  }

  source(slot: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.slot(slot).source, bytes);
  }

  target(slot: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.slot(slot).target, bytes);
  }

  /** target ← round(source + delta), and the bytes of both go into the hashes. */
  async add(slot: number, dtype: FloatDtype, delta: Float32Array): Promise<void> {
    const { source, target, delta: at } = this.slot(slot);
    new Float32Array(this.memory.buffer, at, delta.length).set(delta);
    const bytes = delta.length * bytesPerElement(dtype);
    const add = { dtype: DTYPE_NUMBERS[dtype], delta: at, count: delta.length };
    await this.order({ kind: 'tile', add, source: { at: source, bytes }, target: { at: target, bytes } });
  }

  /** So many bytes of both go into the hashes as they are. */
  async hash(slot: number, bytes: { readonly source: number; readonly target: number }): Promise<void> {
    const { source, target } = this.slot(slot);
    const spans = { source: { at: source, bytes: bytes.source }, target: { at: target, bytes: bytes.target } };
    await this.order({ kind: 'tile', add: undefined, ...spans });
  }

  /** The hashes and sums of all tiles since the last time. */
  async finish(): Promise<LaneResult> {
    return (await this.order({ kind: 'finish' })) as LaneResult;
  }

  /**
   * A whole tensor, read, patched, hashed, written and read back by the thread.
   *
   * @param onBytes called with what has been done since the last time
   * @throws InputError if the source cannot be read; the system's error if the target cannot be written; UserError if it is
   *   another when it is read back; CancelledError
   */
  async tensor(job: TensorJob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<LaneResult> {
    const { bytes, tileBytes } = job;
    return (await this.watch(this.tensorOrder(job), bytes, tileBytes, onBytes, signal)) as LaneResult;
  }

  /**
   * Likewise what a diagnosis sums up over a tensor, which is read once, and the old base's with it.
   *
   * @param onElements called with how many elements have been done since the last time
   * @throws InputError if one of them cannot be read; CancelledError
   */
  async figures(job: FiguresJob, onElements: (elements: number) => void, signal: AbortSignal): Promise<LaneFigures> {
    const order = this.figuresOrder(job);
    const perTile = order.tileRows * order.columns;
    return (await this.watch(order, order.rows * order.columns, perTile, onElements, signal)) as LaneFigures;
  }

  /** Lets the thread work on an order, tells of its tiles, and stops it when that is asked for. */
  private async watch(
    order: LaneOrder,
    total: number,
    perTile: number,
    onDone: (more: number) => void,
    signal: AbortSignal,
  ): Promise<LaneResult | LaneFigures | undefined> {
    const control = new Int32Array(this.memory.buffer, this.freeFrom, CONTROL.bytes / 4).fill(0);
    const stop = (): void => void Atomics.store(control, CONTROL.stop, 1);
    let told = 0;
    const tell = (): void => {
      const done = Math.min(total, Atomics.load(control, CONTROL.tiles) * perTile);
      if (done > told) onDone(done - told);
      told = done;
    };
    const timer = setInterval(tell, PROGRESS_MS);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      return await this.order(order);
    } finally {
      tell();
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private figuresOrder({ now, then, factors, tileRows }: FiguresJob): FiguresOrder {
    const { rows, rank, columns } = factors.shape;
    const other = then ?? now;
    const [size, thenSize] = [bytesPerElement(now.dtype), bytesPerElement(other.dtype)];
    const layout = this.layOut();
    const [nowAt, thenAt] = [layout.take(size * tileRows * columns), layout.take(thenSize * tileRows * columns)];
    const places = this.placeFactors(factors, layout);
    const dtypes = { dtype: DTYPE_NUMBERS[now.dtype], size, thenDtype: DTYPE_NUMBERS[other.dtype], thenSize };
    const sizes = { rows, tileRows, rank, columns, scale: factors.scale };
    return { kind: 'figures', now, then, ...dtypes, ...sizes, nowAt, thenAt, ...places };
  }

  private tensorOrder({ patch, ...job }: TensorJob): TensorOrder {
    const layout = this.layOut();
    const order = {
      kind: 'tensor' as const,
      ...job,
      source: layout.take(job.tileBytes),
      target: layout.take(job.tileBytes),
    };
    if (patch === undefined) {
      growMemory(this.memory, layout.end);
      return { ...order, patch };
    }
    const { dtype, scale, shape } = patch;
    const { rank, columns } = shape;
    const rowBytes = columns * bytesPerElement(dtype);
    const places = this.placeFactors(patch, layout);
    return { ...order, patch: { dtype: DTYPE_NUMBERS[dtype], rank, columns, rowBytes, scale, ...places } };
  }

  /** The last in the memory. */
  private placeFactors({ left, right }: Factors, layout: Layout): { left: number; right: number } {
    const places = { left: layout.take(4 * left.length), right: layout.take(4 * right.length) };
    growMemory(this.memory, layout.end);
    new Float32Array(this.memory.buffer, places.left, left.length).set(left);
    new Float32Array(this.memory.buffer, places.right, right.length).set(right);
    return places;
  }

  async close(): Promise<void> {
    await this.thread.terminate();
  }

  private order(order: LaneOrder): Promise<LaneResult | LaneFigures | undefined> {
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
    if ('failure' in answer) first?.reject(errorOf(answer.failure));
    else first?.resolve(answer.finished);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const pending of this.pending.splice(0)) pending.reject(error);
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
