import { formatBytes } from '../../base/format.ts';
import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import { LoadedModel, type LoadOptions } from '../loadedModel.ts';
import { Network } from '../network.ts';
import { fits, heldMemory, type MemoryMode, type Workload } from '../weights/memory.ts';
import { overlaid, type Overlay } from '../weights/overlay.ts';
import type { HeldWeight } from '../weights/weight.ts';
import { blendWeights } from './blendWeights.ts';
import { assertSameNetwork, compareTokens } from './sameNetwork.ts';
import { NoLineError } from './noLine.ts';

/** Two bases of one network, and the networks between them; one at a time. */
export class BlendedBases implements AsyncDisposable {
  readonly warnings: readonly string[];
  private readonly old: LoadedModel;
  private readonly now: LoadedModel;
  private readonly runtime: GraphRuntime;
  private weights: ReadonlyMap<string, HeldWeight> | undefined;
  private current: Network | undefined;

  private constructor(old: LoadedModel, now: LoadedModel, runtime: GraphRuntime, warnings: readonly string[]) {
    this.old = old;
    this.now = now;
    this.runtime = runtime;
    this.warnings = warnings;
  }

  /**
   * Reads headers, configurations and vocabularies, no weights.
   *
   * @throws InputError if a base cannot be run here, or there is no line between the two
   */
  static async open(from: string, onto: string, runtime: GraphRuntime): Promise<BlendedBases> {
    const opened: LoadedModel[] = [];
    try {
      const old = await LoadedModel.find(from, runtime);
      opened.push(old);
      const now = await LoadedModel.find(onto, runtime);
      opened.push(now);
      assertSameNetwork(old, now);
      return new BlendedBases(old, now, runtime, await compareTokens(old, now));
    } catch (error) {
      for (const model of opened) await model[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Tokens that the new base takes. */
  get maxLength(): number {
    return this.now.architecture.maxLength;
  }

  /** @throws NoLineError with the estimate if a blend, which is in no file, would not fit into memory */
  assertFits(workload: Workload, available = process.availableMemory()): void {
    const bytes = heldMemory(this.now.architecture, workload, this.mode);
    if (!fits(bytes, available))
      throw new NoLineError(
        `The bases between ${this.old.checkpoint.folder} and ${this.now.checkpoint.folder} would need about ${formatBytes(bytes)} of memory, and ${formatBytes(available)} are free.`,
        'Close other programs, or leave out the old base: the scales of the patch on the new base need less.',
      );
  }

  /**
   * The network at t, until the next one is asked for.
   *
   * @param overlayOn what a patch adds to these weights
   */
  async network(
    t: number,
    overlayOn: (weights: ReadonlyMap<string, HeldWeight>) => Promise<Overlay>,
    options: LoadOptions,
  ): Promise<Network> {
    await this.release();
    const { architecture, checkpoint } = this.now;
    const bases = { old: this.old.checkpoint, now: checkpoint, architecture };
    this.weights = await blendWeights(bases, t, this.weights, options);
    const overlay = await overlayOn(this.weights);
    this.current = new Network({
      architecture,
      weights: overlaid(architecture, this.weights, overlay),
      runtime: this.runtime,
      memory: this.mode,
      scales: overlay.scales,
      fixed: overlay.replaced.size > 0,
    });
    await this.assertUnchanged();
    return this.current;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
    await this.old[Symbol.asyncDispose]();
    await this.now[Symbol.asyncDispose]();
  }

  private get mode(): MemoryMode {
    return this.runtime.device === 'cpu' ? 'resident' : 'device';
  }

  private async assertUnchanged(): Promise<void> {
    await this.old.assertUnchanged();
    await this.now.assertUnchanged();
  }

  private async release(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.[Symbol.asyncDispose]();
  }
}
