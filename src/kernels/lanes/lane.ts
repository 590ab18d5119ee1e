import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bytesPerElement, type FloatDtype } from '../../safetensors/dtypes.ts';
import type { ProductShape } from '../lowRank.ts';
import { growMemory } from './growMemory.ts';
import {
  CONTROL,
  type LaneAnswer,
  type LaneData,
  type LaneOrder,
  type SourcePlace,
  type TargetPlace,
} from './messages.ts';
import type { FiguresOrder, LaneFigures, LaneResult, TensorOrder } from './messages.ts';
import { DTYPE_NUMBERS, kernelMemory, loadKernels, machineArithmetic } from './module.ts';
import { LaneError } from './tensorJob.ts';

/** Tiles under way at once: one is read, one is worked on, one is written. */
export const SLOTS = 3;
const PROGRESS_MS = 80;
/** Of the processor's cache lines. */
const ALIGNMENT = 64;

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
  /** Δ = scale · left @ right, float32. */
  readonly patch:
    | {
        readonly dtype: FloatDtype;
        readonly left: Float32Array;
        readonly right: Float32Array;
        readonly shape: ProductShape;
        readonly scale: number;
      }
    | undefined;
}

/** Where a tensor is, and its dtype. */
export interface TypedPlace extends SourcePlace {
  readonly dtype: FloatDtype;
}

export interface FiguresJob {
  readonly now: TypedPlace;
  readonly then: TypedPlace | undefined;
  /** Δ = scale · left @ right, float32. */
  readonly factors: {
    readonly left: Float32Array;
    readonly right: Float32Array;
    readonly shape: ProductShape;
    readonly scale: number;
  };
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
  private readonly freeFrom: number;
  private readonly pending: Pending[] = [];
  private slots: readonly Slot[] = [];
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

  /** Lays out the memory for the tiles of a tensor. @throws UserError if there is not so much memory */
  makeRoom({ source = 0, target, delta = 0 }: LaneRoom): void {
    const layout = this.layOut();
    this.slots = Array.from({ length: SLOTS }, () => ({
      source: layout.take(source),
      target: layout.take(target),
      delta: layout.take(delta),
    }));
    layout.grow();
  }

  /** From the memory's beginning. */
  private layOut(): { take: (bytes: number) => number; grow: () => void } {
    let at = this.freeFrom + CONTROL.bytes;
    return {
      take: (bytes) => {
        const begin = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
        at = begin + bytes;
        return begin;
      },
      grow: () => growMemory(this.memory, at),
    };
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
   * @throws LaneError, as it failed in the thread
   */
  async tensor(job: TensorJob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<LaneResult> {
    const { bytes, tileBytes } = job;
    return (await this.watch(this.tensorOrder(job), bytes, tileBytes, onBytes, signal)) as LaneResult;
  }

  /**
   * Likewise what a diagnosis sums up over a tensor, which is read once, and the old base's with it.
   *
   * @param onElements called with how many elements have been done since the last time
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
    const { left, right, shape, scale } = factors;
    const { rows, rank, columns } = shape;
    const other = then ?? now;
    const [size, thenSize] = [bytesPerElement(now.dtype), bytesPerElement(other.dtype)];
    const layout = this.layOut();
    const [nowAt, thenAt] = [layout.take(size * tileRows * columns), layout.take(thenSize * tileRows * columns)];
    const [leftAt, rightAt] = [layout.take(4 * left.length), layout.take(4 * right.length)];
    layout.grow();
    new Float32Array(this.memory.buffer, leftAt, left.length).set(left);
    new Float32Array(this.memory.buffer, rightAt, right.length).set(right);
    const dtypes = { dtype: DTYPE_NUMBERS[now.dtype], size, thenDtype: DTYPE_NUMBERS[other.dtype], thenSize };
    const sizes = { rows, tileRows, rank, columns, scale };
    return { kind: 'figures', now, then, ...dtypes, ...sizes, nowAt, thenAt, left: leftAt, right: rightAt };
  }

  private tensorOrder({ patch, ...job }: TensorJob): TensorOrder {
    const layout = this.layOut();
    const [source, target] = [layout.take(job.tileBytes), layout.take(job.tileBytes)];
    const [left, right] = [layout.take(4 * (patch?.left.length ?? 0)), layout.take(4 * (patch?.right.length ?? 0))];
    layout.grow();
    if (patch === undefined) return { kind: 'tensor', ...job, source, target, patch };
    new Float32Array(this.memory.buffer, left, patch.left.length).set(patch.left);
    new Float32Array(this.memory.buffer, right, patch.right.length).set(patch.right);
    const { dtype, scale, shape } = patch;
    const { rank, columns } = shape;
    const rowBytes = columns * bytesPerElement(dtype);
    const ofPatch = { dtype: DTYPE_NUMBERS[dtype], left, right, rank, columns, rowBytes, scale };
    return { kind: 'tensor', ...job, source, target, patch: ofPatch };
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
    if ('failure' in answer) first?.reject(new LaneError(answer.failure));
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
