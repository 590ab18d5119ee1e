import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import { LoadedModel } from '../../model/loadedModel.ts';
import type { Network } from '../../model/network.ts';
import type { Overlay } from '../../model/weights/overlay.ts';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';

/** Holds one model and one network on it at a time; columns that need the same ones share them. */
export class Models implements AsyncDisposable {
  private readonly runtime: GraphRuntime;
  private readonly tokenizers = new Map<string, Promise<Tokenizer>>();
  private model: LoadedModel | undefined;
  private current: { readonly key: string; readonly network: Network } | undefined;

  constructor(runtime: GraphRuntime) {
    this.runtime = runtime;
  }

  /** Its weights are loaded when they are needed. */
  async find(folder: string): Promise<LoadedModel> {
    if (this.model?.checkpoint.folder === folder) return this.model;
    await this.release();
    this.model = await LoadedModel.find(folder, this.runtime);
    return this.model;
  }

  tokenizer(folder: string): Promise<Tokenizer> {
    let opening = this.tokenizers.get(folder);
    if (opening === undefined) {
      opening = openTokenizer(folder);
      this.tokenizers.set(folder, opening);
    }
    return opening;
  }

  /**
   * A network of the model that was found last, whose weights are loaded.
   *
   * @param key of what patches do to it, apart from their scales: the network of a scale is that of another one
   */
  async network(key: string, scales: readonly number[], overlay: () => Promise<Overlay>): Promise<Network> {
    const { current } = this;
    if (current?.key === key && current.network.takesScales) {
      current.network.setScales(scales);
      return current.network;
    }
    await this.releaseNetwork();
    const made = await overlay();
    if (this.model === undefined) throw new Error('no model was found');
    const network = this.model.network(made);
    this.current = { key, network };
    return network;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  private async release(): Promise<void> {
    await this.releaseNetwork();
    const { model } = this;
    this.model = undefined;
    await model?.[Symbol.asyncDispose]();
  }

  private async releaseNetwork(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.network[Symbol.asyncDispose]();
  }
}
