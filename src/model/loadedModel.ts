import { InputError } from '../base/errors.ts';
import type { ProgressSink } from '../base/progress.ts';
import { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { GraphRuntime } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { layerPrefix } from './names.ts';
import { Network, type TileSizes } from './network.ts';
import { readArchitecture } from './readArchitecture.ts';
import { loadWeights, unusedTensors } from './weights/loadWeights.ts';
import { chooseMemory, type MemoryEstimate, type MemoryMode, type Workload } from './weights/memory.ts';
import { NO_OVERLAY, overlaid, type Overlay } from './weights/overlay.ts';
import type { Weight } from './weights/weight.ts';

/** Layers that config.json does not count would be left out, and the rest is not the model. */
function assertAllLayers(checkpoint: Checkpoint, { layers }: Architecture): void {
  const next = layerPrefix(layers.length);
  if ([...checkpoint.tensors.keys()].some((name) => name.startsWith(next)))
    throw new InputError(
      `${checkpoint.folder}: by config.json there are ${layers.length} layers, but the weights hold more (${next}…).`,
      'Do the configuration and the weights belong together?',
    );
}

export interface LoadOptions {
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** A checkpoint that can run, with any number of overlays one after the other; its weights are loaded once. */
export class LoadedModel implements AsyncDisposable {
  readonly checkpoint: Checkpoint;
  readonly architecture: Architecture;
  private loaded: { readonly weights: ReadonlyMap<string, Weight>; readonly memory: MemoryEstimate } | undefined;
  private readonly runtime: GraphRuntime;

  private constructor(checkpoint: Checkpoint, architecture: Architecture, runtime: GraphRuntime) {
    this.checkpoint = checkpoint;
    this.architecture = architecture;
    this.runtime = runtime;
  }

  /**
   * Reads headers and the configuration, no weights.
   *
   * @throws InputError if the model cannot be run here
   */
  static async find(folder: string, runtime: GraphRuntime): Promise<LoadedModel> {
    const checkpoint = await Checkpoint.open(folder);
    try {
      const architecture = await readArchitecture(checkpoint);
      assertAllLayers(checkpoint, architecture);
      return new LoadedModel(checkpoint, architecture, runtime);
    } catch (error) {
      await checkpoint.close();
      throw error;
    }
  }

  /** Tensors that the network has no place for. */
  get unused(): readonly string[] {
    return unusedTensors(this.checkpoint, this.architecture);
  }

  /**
   * Where the weights would be, and what all would take.
   *
   * @param wish without it, what fits
   * @throws InputError with the estimate if it would not fit into memory
   */
  estimate(workload: Workload, wish: MemoryMode | undefined): MemoryEstimate {
    const mode = this.runtime.device === 'cpu' ? wish : 'device';
    return chooseMemory(this.checkpoint, this.architecture, workload, mode, process.availableMemory());
  }

  /**
   * Makes the weights ready, if they are not.
   *
   * @throws InputError as `estimate` does, or if they are not what config.json says; CancelledError
   */
  async load(workload: Workload, wish: MemoryMode | undefined, { sink, signal }: LoadOptions): Promise<MemoryEstimate> {
    if (this.loaded !== undefined) return this.loaded.memory;
    const memory = this.estimate(workload, wish);
    const weights = await loadWeights(this.checkpoint, this.architecture, memory.mode, sink, signal);
    this.loaded = { weights, memory };
    return memory;
  }

  network(overlay: Overlay = NO_OVERLAY, sizes: TileSizes = {}): Network {
    if (this.loaded === undefined) throw new Error('the weights were not loaded');
    const { weights, memory } = this.loaded;
    return new Network({
      ...sizes,
      architecture: this.architecture,
      weights: overlaid(this.architecture, weights, overlay),
      runtime: this.runtime,
      memory: memory.mode,
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
