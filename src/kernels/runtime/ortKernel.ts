import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { LowRankKernel, ProductShape } from '../lowRank.ts';
import { encodeModel } from '../onnx/encode.ts';
import type { Graph } from '../onnx/graph.ts';

/** MatMul, then Mul: the scale multiplies the rounded product, in PEFT's order, so that the two agree to the bit. */
const PRODUCT: Graph = {
  name: 'lowRankProduct',
  inputs: [
    { name: 'left', type: 'float32', shape: ['rows', 'rank'] },
    { name: 'right', type: 'float32', shape: ['rank', 'columns'] },
    { name: 'scale', type: 'float32', shape: [1] },
  ],
  outputs: [{ name: 'delta', type: 'float32', shape: ['rows', 'columns'] }],
  nodes: [
    { operator: 'MatMul', inputs: ['left', 'right'], outputs: ['product'] },
    { operator: 'Mul', inputs: ['product', 'scale'], outputs: ['delta'] },
  ],
};

/** A kernel on one of ONNX Runtime's execution providers. */
export class OrtKernel implements LowRankKernel {
  readonly device: string;
  private readonly session: InferenceSession;

  private constructor(device: string, session: InferenceSession) {
    this.device = device;
    this.session = session;
  }

  /** Other providers than the CPU's must run the whole graph themselves, or creation fails. */
  static async create(provider: string): Promise<OrtKernel> {
    const session = await InferenceSession.create(encodeModel(PRODUCT), {
      executionProviders: [provider],
      logSeverityLevel: 4,
      ...(provider === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
    });
    return new OrtKernel(provider, session);
  }

  async product(left: Float32Array, right: Float32Array, shape: ProductShape, scale: number): Promise<Float32Array> {
    const { delta } = await this.session.run({
      left: new Tensor('float32', left, [shape.rows, shape.rank]),
      right: new Tensor('float32', right, [shape.rank, shape.columns]),
      scale: new Tensor('float32', [scale], [1]),
    });
    const data = delta?.data;
    if (!(data instanceof Float32Array)) throw new Error(`${this.device} returned no float32 tensor`);
    return data;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
