import { addSpan, SPAN, Sums } from './add';
import { BLOCK_COLUMNS, BLOCK_ROWS, product } from './product';
import { sizeOf } from './convert';
import { clearBins, Figures, figuresOfSpan, flush } from './figures';
import { begin, digest, Hash, update } from './xxh64';

export { binsAt, swallowed16At, swallowed32At } from './figures';
export { productSquares } from './gram';
export { same } from './same';
export { addFour64, dot64, dotFour64 } from './vectors64';

const block = memory.data(4 * BLOCK_ROWS * BLOCK_COLUMNS, 16);
const sums = memory.data(6 * 8, 16);
const hash = memory.data(9 * 8, 16);
const figures = memory.data(9 * 8, 16);

/** Where the sums stand, which calls add to: delta, weight, rounding, absorbed, overflowed, touched. */
export function sumsAt(): usize {
  return sums;
}

/** From here on the memory is the host's. */
export function freeFrom(): usize {
  return __heap_base;
}

/** What is done with a part of a row of Δ: `width` elements, which are the tile's from element `at` on. */
type Use = (delta: usize, at: usize, width: i32) => void;

/** The tile that a walk over its blocks is for. */
let target: usize = 0;
let source: usize = 0;
let then: usize = 0;
let dtype: i32 = 0;
let thenDtype: i32 = 0;

/**
 * Makes Δ = scale · left @ right block by block, which never leaves the cache.
 *
 * @param left [rows, rank] float32
 * @param right [rank, columns] float32
 */
function eachBlock(left: usize, right: usize, rows: i32, rank: i32, columns: i32, scale: f32, use: Use): void {
  for (let column = 0; column < columns; column += BLOCK_COLUMNS) {
    const width = min(BLOCK_COLUMNS, columns - column);
    const rightBlock = right + ((<usize>column) << 2);
    for (let row = 0; row < rows; row += BLOCK_ROWS) {
      const height = min(BLOCK_ROWS, rows - row);
      product(block, left + ((<usize>(row * rank)) << 2), rightBlock, height, rank, width, columns, scale);
      for (let i = 0; i < height; i++)
        use(block + ((<usize>(i * BLOCK_COLUMNS)) << 2), <usize>((row + i) * columns + column), width);
    }
  }
}

/**
 * to ← round(W + scale · left @ right) of one tile of whole rows.
 *
 * @param from W, [rows, columns] in a dtype, by its number; `to` likewise
 */
export function patchTile(
  to: usize,
  from: usize,
  number: i32,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  scale: f32,
): void {
  target = to;
  source = from;
  dtype = number;
  eachBlock(left, right, rows, rank, columns, scale, (delta, at, width) => {
    const offset = at * sizeOf(dtype);
    addSpan(target + offset, source + offset, delta, width, dtype, changetype<Sums>(sums));
  });
}

/** to ← scale · left @ right of one tile, float32 [rows, columns]: the same Δ, to the bit, as patchTile adds. */
export function productTile(
  to: usize,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  scale: f32,
): void {
  target = to;
  eachBlock(left, right, rows, rank, columns, scale, (delta, at, width) => {
    memory.copy(target + (at << 2), delta, (<usize>width) << 2);
  });
}

/** to ← round(W + Δ) of one tile, Δ float32. */
export function addTile(to: usize, from: usize, number: i32, delta: usize, count: i32): void {
  for (let i = 0; i < count; i += SPAN) {
    const at = <usize>i * sizeOf(number);
    addSpan(to + at, from + at, delta + ((<usize>i) << 2), min(SPAN, count - i), number, changetype<Sums>(sums));
  }
}

/** XXH64, of one stretch of bytes after the other. */
export function beginHash(): void {
  begin(changetype<Hash>(hash));
}

export function updateHash(at: usize, bytes: usize): void {
  update(changetype<Hash>(hash), at, bytes);
}

export function digestHash(): u64 {
  return digest(changetype<Hash>(hash));
}

/** Where the figures stand that calls of figuresTile add to. */
export function figuresAt(): usize {
  return figures;
}

export function clearFigures(): void {
  memory.fill(figures, 0, 9 * 8);
  clearBins();
}

/**
 * What a diagnosis sums up of one tile of whole rows, with Δ = scale · left @ right.
 *
 * @param now W', [rows, columns] in a dtype, by its number
 * @param old W in `oldNumber`; 0 if nothing is known of it
 */
export function figuresTile(
  now: usize,
  number: i32,
  old: usize,
  oldNumber: i32,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  scale: f32,
): void {
  source = now;
  dtype = number;
  then = old;
  thenDtype = oldNumber;
  eachBlock(left, right, rows, rank, columns, scale, (delta, at, width) => {
    const before = then == 0 ? <usize>0 : then + at * sizeOf(thenDtype);
    const place = source + at * sizeOf(dtype);
    figuresOfSpan(delta, place, before, width, dtype, thenDtype, changetype<Figures>(figures));
  });
  flush();
}
