/** The thread of a lane: carries out its orders on their common memory, one after the other. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { createXXHash64, type IHasher } from 'hash-wasm';
import type { LaneAnswer, LaneData, LaneOrder, LaneResult, Span, TileOrder, TileWork } from './messages.ts';
import { loadKernels, type KernelModule } from './module.ts';

class LaneThread {
  private readonly memory: WebAssembly.Memory;
  private readonly kernels: KernelModule;
  private readonly sums: Float64Array;
  private readonly hashes: { readonly source: IHasher; readonly target: IHasher };
  private sha256 = createHash('sha256');

  constructor({ memory, arithmetic }: LaneData, source: IHasher, target: IHasher) {
    this.memory = memory;
    this.kernels = loadKernels(memory, arithmetic);
    this.sums = new Float64Array(memory.buffer, this.kernels.sumsAt(), 6);
    this.hashes = { source, target };
  }

  carryOut(order: LaneOrder): LaneResult | undefined {
    if (order.kind === 'finish') return this.finish();
    this.tile(order);
    return undefined;
  }

  private tile({ work, source, target, sha256 }: TileOrder): void {
    if (work !== undefined && source !== undefined) this.compute(work, source.at, target.at);
    if (source !== undefined) this.hashes.source.update(this.bytes(source));
    this.hashes.target.update(this.bytes(target));
    if (sha256) this.sha256.update(this.bytes(target));
  }

  private compute(work: TileWork, source: number, target: number): void {
    if (work.kind === 'add') this.kernels.addTile(target, source, work.dtype, work.delta, work.count);
    else {
      const { dtype, left, right, rows, rank, columns, scale } = work;
      this.kernels.patchTile(target, source, dtype, left, right, rows, rank, columns, scale);
    }
  }

  private finish(): LaneResult {
    const [delta = NaN, weight = NaN, rounding = NaN, absorbed = NaN, overflowed = NaN, touched = NaN] = this.sums;
    const result = {
      sourceXxh64: this.hashes.source.digest(),
      targetXxh64: this.hashes.target.digest(),
      targetSha256: this.sha256.digest('hex'),
      sums: { delta, weight, rounding, absorbed, overflowed, touched },
    };
    this.hashes.source.init();
    this.hashes.target.init();
    this.sha256 = createHash('sha256');
    this.sums.fill(0);
    return result;
  }

  /** The memory's buffer is another object once it has grown. */
  private bytes({ at, bytes }: Span): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, bytes);
  }
}

async function start(): Promise<void> {
  const thread = new LaneThread(workerData as LaneData, await createXXHash64(), await createXXHash64());
  const answer = (order: LaneOrder): LaneAnswer => {
    try {
      return { finished: thread.carryOut(order) };
    } catch (error) {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  parentPort?.on('message', (order: LaneOrder) => parentPort?.postMessage(answer(order)));
}

void start();
