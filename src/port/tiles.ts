import type { MatrixShape } from '../patch/delta.ts';

/** Elements of one tile: the memory of a port is a few of these, whatever the model's size. */
const TILE_ELEMENTS = 1 << 20;

/** How many whole rows make a tile. */
export function tileRows(shape: MatrixShape): number {
  return rowsOf(shape, TILE_ELEMENTS);
}

/** Elements of a tile that a lane reads and works on by itself: it and its result fit into the processor's second cache. */
const LANE_TILE = 1 << 18;

/** Likewise of a tile of a lane. */
export function laneRows(shape: MatrixShape): number {
  return rowsOf(shape, LANE_TILE);
}

function rowsOf({ rows, columns }: MatrixShape, elements: number): number {
  return Math.max(1, Math.min(rows, Math.floor(elements / Math.max(1, columns))));
}
