import type { LowRankKernel, ProductShape } from '../kernels/lowRank.ts';
import type { Factors } from './factors.ts';

/** Elements of one tile: the memory of a port is a few of these, whatever the model's size. */
const TILE_ELEMENTS = 1 << 20;

/** How many whole rows make a tile. */
export function tileRows({ rows, columns }: ProductShape): number {
  return Math.max(1, Math.min(rows, Math.floor(TILE_ELEMENTS / Math.max(1, columns))));
}

/** Rows [row, row + rows) of Δ. */
export function tileDelta(kernel: LowRankKernel, factors: Factors, row: number, rows: number): Promise<Float32Array> {
  const { left, right, shape, scale } = factors;
  const part = left.subarray(row * shape.rank, (row + rows) * shape.rank);
  return kernel.product(part, right, { ...shape, rows }, scale);
}
