import type { MatrixShape } from '../patch/delta.ts';

/** Elements of one tile: the memory of a port is a few of these, whatever the model's size. */
const TILE_ELEMENTS = 1 << 20;

/** How many whole rows make a tile. */
export function tileRows({ rows, columns }: MatrixShape, elements = TILE_ELEMENTS): number {
  return Math.max(1, Math.min(rows, Math.floor(elements / Math.max(1, columns))));
}
