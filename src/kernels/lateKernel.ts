import type { LowRankKernel, ProductShape } from './lowRank.ts';

/** The CPU's kernel, loaded when the first product is asked for: lanes make almost all of them without it. */
export class LateKernel implements LowRankKernel {
  readonly device = 'cpu';
  private readonly load: () => Promise<LowRankKernel>;
  private loaded: Promise<LowRankKernel> | undefined;

  constructor(load: () => Promise<LowRankKernel>) {
    this.load = load;
  }

  async product(left: Float32Array, right: Float32Array, shape: ProductShape, scale: number): Promise<Float32Array> {
    this.loaded ??= this.load();
    return (await this.loaded).product(left, right, shape, scale);
  }
}
