import type { Grid } from './grid.ts';

/** Where things are, in pixels, so that the profile stands below the heat map layer by layer. */
export interface Geometry {
  readonly left: number;
  readonly width: number;
  readonly cell: number;
  /** The middle of a layer's column. */
  readonly x: (column: number) => number;
  /** Columns whose number is written. */
  readonly labelled: (column: number) => boolean;
}

const RIGHT = 12;
const CELL = { least: 7, most: 76 };
const CHARACTER = 6.4;
/** Room for a layer's number. */
const LABEL = 26;

/** @param available pixels; where cells would be too narrow the picture is wider, and scrolls */
export function geometryOf({ layers, modules }: Grid, available: number): Geometry {
  const longest = Math.max(0, ...modules.map((name) => name.length));
  const left = Math.max(72, Math.ceil(longest * CHARACTER) + 16);
  const count = Math.max(1, layers.length);
  const cell = Math.min(CELL.most, Math.max(CELL.least, (available - left - RIGHT) / count));
  const every = Math.ceil(LABEL / cell);
  return {
    left,
    width: left + count * cell + RIGHT,
    cell,
    x: (column) => left + (column + 0.5) * cell,
    labelled: (column) => every === 1 || column % every === 0,
  };
}

export function layerName(layer: number | null | undefined): string {
  return layer == null ? '–' : String(layer);
}
