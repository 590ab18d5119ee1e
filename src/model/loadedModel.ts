import type { ProgressSink } from '../base/progress.ts';
import { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { GraphRuntime } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { Network } from './network.ts';
import { readArchitecture } from './readArchitecture.ts';
import { loadWeights, type LoadedWeights } from './weights/loadWeights.ts';
import { chooseMemory, type MemoryEstimate, type MemoryMode, type Workload } from './weights/memory.ts';
import { NO_OVERLAY, overlaid, type Overlay } from './weights/overlay.ts';

export interface LoadOptions {
  readonly runtime: GraphRuntime;
  readonly workload: Workload;
  /** Without it, what fits. */
  readonly memory: MemoryMode | undefined;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** A checkpoint whose weights are ready to run, with any number of overlays one after the other. */
export class LoadedModel implements AsyncDisposable {
  readonly checkpoint: Checkpoint;
  readonly architecture: Architecture;
  readonly memory: MemoryEstimate;
  /** Tensors that the network has no place for. */
  readonly unused: readonly string[];
  private readonly weights: LoadedWeights['weights'];
  private readonly runtime: GraphRuntime;

  private constructor(
    checkpoint: Checkpoint,
    architecture: Architecture,
    memory: MemoryEstimate,
    loaded: LoadedWeights,
    runtime: GraphRuntime,
  ) {
    this.checkpoint = checkpoint;
    this.architecture = architecture;
    this.memory = memory;
    this.unused = loaded.unused;
    this.weights = loaded.weights;
    this.runtime = runtime;
  }

  /** @throws InputError if the model cannot be run here, or does not fit into memory */
  static async open(
    folder: string,
    { runtime, workload, memory: wish, sink, signal }: LoadOptions,
  ): Promise<LoadedModel> {
    const checkpoint = await Checkpoint.open(folder);
    try {
      const architecture = await readArchitecture(checkpoint);
      const mode = runtime.device === 'cpu' ? wish : 'device';
      const memory = chooseMemory(checkpoint, architecture, workload, mode, process.availableMemory());
      const loaded = await loadWeights(checkpoint, architecture, memory.mode, sink, signal);
      return new LoadedModel(checkpoint, architecture, memory, loaded, runtime);
    } catch (error) {
      await checkpoint.close();
      throw error;
    }
  }

  network(overlay: Overlay = NO_OVERLAY): Network {
    return new Network({
      architecture: this.architecture,
      weights: overlaid(this.architecture, this.weights, overlay),
      runtime: this.runtime,
      memory: this.memory.mode,
      scales: overlay.scales,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.checkpoint.close();
  }
}
