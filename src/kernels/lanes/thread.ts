/** The thread of a lane: carries out its orders on their common memory, one after the other. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { failureOf } from './failure.ts';
import { carryOutFigures } from './figuresJob.ts';
import { CONTROL } from './messages.ts';
import type { LaneAnswer, LaneData, LaneFigures, LaneOrder, LaneResult, TensorOrder, TileOrder } from './messages.ts';
import { loadKernels, type KernelModule } from './module.ts';
import { carryOutTensor, type TileTools } from './tensorJob.ts';

class LaneThread implements TileTools {
  readonly memory: WebAssembly.Memory;
  private readonly kernels: KernelModule;
  private readonly sums: Float64Array;
  private readonly control: Int32Array;
  private sha256 = createHash('sha256');

  constructor({ memory, module }: LaneData) {
    this.memory = memory;
    this.kernels = loadKernels(memory, module);
    this.sums = new Float64Array(memory.buffer, this.kernels.sumsAt(), 6);
    this.control = new Int32Array(memory.buffer, this.kernels.freeFrom(), CONTROL.bytes / 4);
    this.begin();
  }

  carryOut(order: LaneOrder): LaneResult | LaneFigures | undefined {
    if (order.kind === 'finish') return this.finish();
    if (order.kind === 'figures') return carryOutFigures(order, this, this.kernels);
    if (order.kind === 'tile') {
      this.tile(order);
      return undefined;
    }
    this.begin();
    carryOutTensor(order, this);
    return this.finish();
  }

  private tile({ add, source, target }: TileOrder): void {
    if (add !== undefined) this.kernels.addTile(target.at, source.at, add.dtype, add.delta, add.count);
    this.kernels.updateHash(source.at, source.bytes);
    this.sha256.update(this.bytes(target.at, target.bytes));
  }

  isStopped(): boolean {
    return Atomics.load(this.control, CONTROL.stop) !== 0;
  }

  tileDone(): void {
    Atomics.add(this.control, CONTROL.tiles, 1);
  }

  work({ patch, source, target }: TensorOrder, at: number, length: number): void {
    if (patch !== undefined) {
      const { dtype, rowBytes, left, right, rank, columns, scale } = patch;
      const leftRow = left + 4 * rank * (at / rowBytes);
      this.kernels.patchTile(target, source, dtype, leftRow, right, length / rowBytes, rank, columns, scale);
      this.kernels.updateHash(source, length);
    }
    this.sha256.update(this.bytes(target, length));
  }

  isSame({ source, target }: TensorOrder, length: number): boolean {
    return this.kernels.same(source, target, length) === 1;
  }

  private finish(): LaneResult {
    const [delta = NaN, weight = NaN, rounding = NaN, absorbed = NaN, overflowed = NaN, touched = NaN] = this.sums;
    const result = {
      sourceXxh64: BigInt.asUintN(64, this.kernels.digestHash()).toString(16).padStart(16, '0'),
      sha256: this.sha256.digest('hex'),
      sums: { delta, weight, rounding, absorbed, overflowed, touched },
    };
    this.begin();
    return result;
  }

  private begin(): void {
    this.kernels.beginHash();
    this.sha256 = createHash('sha256');
    this.sums.fill(0);
  }

  /** The memory's buffer is another object once it has grown. */
  private bytes(at: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, bytes);
  }
}

const thread = new LaneThread(workerData as LaneData);

function answer(order: LaneOrder): LaneAnswer {
  try {
    return { finished: thread.carryOut(order) };
  } catch (error) {
    return { failure: failureOf(error, { during: 'computing' }) };
  }
}

parentPort?.on('message', (order: LaneOrder) => parentPort?.postMessage(answer(order)));
