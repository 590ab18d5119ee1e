import type { ProgressSink } from '../base/progress.ts';
import { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { GraphRuntime } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { Network, type TileSizes } from './network.ts';
import { readArchitecture } from './readArchitecture.ts';
import { loadWeights, unusedTensors } from './weights/loadWeights.ts';
import { chooseMemory, type MemoryEstimate, type MemoryMode, type Workload } from './weights/memory.ts';
import { NO_OVERLAY, overlaid, type Overlay } from './weights/overlay.ts';
import type { Weight } from './weights/weight.ts';

export interface ModelOptions {
  readonly runtime: GraphRuntime;
  readonly workload: Workload;
  /** Without it, what fits. */
  readonly memory: MemoryMode | undefined;
}

export interface LoadOptions extends ModelOptions {
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** A checkpoint that can run, with any number of overlays one after the other; its weights are loaded once. */
export class LoadedModel implements AsyncDisposable {
  readonly checkpoint: Checkpoint;
  readonly architecture: Architecture;
  readonly memory: MemoryEstimate;
  private weights: ReadonlyMap<string, Weight> | undefined;
  private readonly runtime: GraphRuntime;

  private constructor(
    checkpoint: Checkpoint,
    architecture: Architecture,
    memory: MemoryEstimate,
    runtime: GraphRuntime,
  ) {
    this.checkpoint = checkpoint;
    this.architecture = architecture;
    this.memory = memory;
    this.runtime = runtime;
  }

  /**
   * Reads headers and the configuration, no weights.
   *
   * @throws InputError if the model cannot be run here, or would not fit into memory
   */
  static async find(folder: string, { runtime, workload, memory: wish }: ModelOptions): Promise<LoadedModel> {
    const checkpoint = await Checkpoint.open(folder);
    try {
      const architecture = await readArchitecture(checkpoint);
      const mode = runtime.device === 'cpu' ? wish : 'device';
      const memory = chooseMemory(checkpoint, architecture, workload, mode, process.availableMemory());
      return new LoadedModel(checkpoint, architecture, memory, runtime);
    } catch (error) {
      await checkpoint.close();
      throw error;
    }
  }

  static async open(folder: string, options: LoadOptions): Promise<LoadedModel> {
    const model = await LoadedModel.find(folder, options);
    try {
      await model.load(options.sink, options.signal);
      return model;
    } catch (error) {
      await model[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Tensors that the network has no place for. */
  get unused(): readonly string[] {
    return unusedTensors(this.checkpoint, this.architecture);
  }

  /** Makes the weights ready, if they are not. @throws InputError if they are not what config.json says */
  async load(sink: ProgressSink, signal: AbortSignal): Promise<void> {
    this.weights ??= await loadWeights(this.checkpoint, this.architecture, this.memory.mode, sink, signal);
  }

  network(overlay: Overlay = NO_OVERLAY, sizes: TileSizes = {}): Network {
    if (this.weights === undefined) throw new Error('the weights were not loaded');
    return new Network({
      ...sizes,
      architecture: this.architecture,
      weights: overlaid(this.architecture, this.weights, overlay),
      runtime: this.runtime,
      memory: this.memory.mode,
      scales: overlay.scales,
      fixed: overlay.replaced.size > 0,
    });
  }

  /** @throws InputError if a file was written to, or replaced: mapped weights are then whatever lies there now */
  async assertUnchanged(): Promise<void> {
    for (const { file } of this.checkpoint.shards) await file.assertUnchanged();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.checkpoint.close();
  }
}
