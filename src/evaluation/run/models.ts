import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import { LoadedModel } from '../../model/loadedModel.ts';
import type { Workload } from '../../model/weights/memory.ts';
import type { EvaluateRequest } from '../request.ts';

/** Tokens of a batch: enough to keep two cores busy, and to pay for widening mapped weights once for many. */
export const BATCH_TOKENS = 1024;
const STATES = 512;

/** Holds one model at a time; columns on the same one share it. */
export class Models implements AsyncDisposable {
  private readonly request: EvaluateRequest;
  private readonly runtime: GraphRuntime;
  private current: { readonly folder: string; readonly model: LoadedModel } | undefined;

  constructor(request: EvaluateRequest, runtime: GraphRuntime) {
    this.request = request;
    this.runtime = runtime;
  }

  /** Its weights are loaded when they are needed. */
  async find(folder: string): Promise<LoadedModel> {
    if (this.current?.folder === folder) return this.current.model;
    await this.release();
    const { memory, batchTokens } = this.request;
    const workload: Workload = { tokens: batchTokens ?? BATCH_TOKENS, states: STATES };
    const model = await LoadedModel.find(folder, { runtime: this.runtime, workload, memory });
    this.current = { folder, model };
    return model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  private async release(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.model[Symbol.asyncDispose]();
  }
}
