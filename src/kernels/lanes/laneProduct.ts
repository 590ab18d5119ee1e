import type { ProductShape } from '../lowRank.ts';
import { ownKernels } from './ownKernels.ts';

/** Up to this rank a lane makes products as fast as ONNX Runtime or faster (bench/results/port-growth.md). */
export const LANE_RANK = 256;

/** scale · (left @ right) in this thread: what a lane adds, to the bit. A new array. */
export function laneProduct(left: Float32Array, right: Float32Array, shape: ProductShape, scale: number): Float32Array {
  const { rows, rank, columns } = shape;
  const { kernels, buffer, places } = ownKernels([4 * rows * columns, 4 * left.length, 4 * right.length]);
  const [at = 0, leftAt = 0, rightAt = 0] = places;
  new Float32Array(buffer, leftAt, left.length).set(left);
  new Float32Array(buffer, rightAt, right.length).set(right);
  kernels.productTile(at, leftAt, rightAt, rows, rank, columns, scale);
  return new Float32Array(buffer, at, rows * columns).slice();
}
