import type { ElementType } from './onnx/graph.ts';

export type HostData = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor in this process's memory, row-major; 16-bit floats are their bits. */
export interface HostTensor {
  readonly type: ElementType;
  readonly data: HostData;
  readonly shape: readonly number[];
}

export type Feeds = Readonly<Record<string, HostTensor>>;

/** A loaded network. One run at a time. */
export interface GraphSession extends AsyncDisposable {
  run(inputs: Feeds): Promise<Record<string, HostTensor>>;
}

export interface LoadOptions {
  /**
   * Compute once what does not depend on inputs: also the widening of mapped 16-bit weights, which then take twice their
   * bytes of memory. Without it they are widened anew in every run, each just before it is used.
   */
  readonly foldConstants: boolean;
  /** Inputs that are the same in every run: weights that are held in memory. */
  readonly constants: Feeds;
  /** The folder that the locations of external bytes are relative to; needed where there are any. */
  readonly root?: string | undefined;
}

/** Runs networks on one device. */
export interface GraphRuntime {
  /** As ONNX Runtime names its provider: cpu, webgpu, cuda … */
  readonly device: string;
  load(model: Uint8Array, options: LoadOptions): Promise<GraphSession>;
}
