import { addSpan, SPAN, Sums } from './add';
import { BLOCK_COLUMNS, BLOCK_ROWS, product } from './product';
import { F32 } from './convert';
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

/**
 * target ← round(W + scale · left @ right) of one tile of whole rows; a block of Δ at a time, which never leaves the cache.
 *
 * @param source W, [rows, columns] in `dtype`; target likewise
 * @param left [rows, rank] float32
 * @param right [rank, columns] float32
 */
export function patchTile(
  target: usize,
  source: usize,
  dtype: i32,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  scale: f32,
): void {
  const size: usize = dtype == F32 ? 4 : 2;
  for (let column = 0; column < columns; column += BLOCK_COLUMNS) {
    const width = min(BLOCK_COLUMNS, columns - column);
    for (let row = 0; row < rows; row += BLOCK_ROWS) {
      const height = min(BLOCK_ROWS, rows - row);
      const rightBlock = right + ((<usize>column) << 2);
      product(block, left + ((<usize>(row * rank)) << 2), rightBlock, height, rank, width, columns, scale);
      for (let i = 0; i < height; i++) {
        const at = <usize>((row + i) * columns + column) * size;
        const delta = block + ((<usize>(i * BLOCK_COLUMNS)) << 2);
        addSpan(target + at, source + at, delta, width, dtype, changetype<Sums>(sums));
      }
    }
  }
}

/** target ← scale · left @ right of one tile, float32 [rows, columns]: the same Δ, to the bit, as patchTile adds. */
export function productTile(
  target: usize,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  scale: f32,
): void {
  for (let column = 0; column < columns; column += BLOCK_COLUMNS) {
    const width = min(BLOCK_COLUMNS, columns - column);
    for (let row = 0; row < rows; row += BLOCK_ROWS) {
      const height = min(BLOCK_ROWS, rows - row);
      const rightBlock = right + ((<usize>column) << 2);
      product(block, left + ((<usize>(row * rank)) << 2), rightBlock, height, rank, width, columns, scale);
      for (let i = 0; i < height; i++) {
        const at = (<usize>((row + i) * columns + column)) << 2;
        memory.copy(target + at, block + ((<usize>(i * BLOCK_COLUMNS)) << 2), (<usize>width) << 2);
      }
    }
  }
}

/** target ← round(W + Δ) of one tile, Δ float32. */
export function addTile(target: usize, source: usize, dtype: i32, delta: usize, count: i32): void {
  const size: usize = dtype == F32 ? 4 : 2;
  for (let i = 0; i < count; i += SPAN) {
    const at = <usize>i * size;
    addSpan(target + at, source + at, delta + ((<usize>i) << 2), min(SPAN, count - i), dtype, changetype<Sums>(sums));
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
 * @param now W', [rows, columns] in `dtype`
 * @param then W in `thenDtype`; 0 if nothing is known of it
 */
export function figuresTile(
  now: usize,
  dtype: i32,
  then: usize,
  thenDtype: i32,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  scale: f32,
): void {
  const size: usize = dtype == F32 ? 4 : 2;
  const thenSize: usize = thenDtype == F32 ? 4 : 2;
  for (let column = 0; column < columns; column += BLOCK_COLUMNS) {
    const width = min(BLOCK_COLUMNS, columns - column);
    for (let row = 0; row < rows; row += BLOCK_ROWS) {
      const height = min(BLOCK_ROWS, rows - row);
      const rightBlock = right + ((<usize>column) << 2);
      product(block, left + ((<usize>(row * rank)) << 2), rightBlock, height, rank, width, columns, scale);
      for (let i = 0; i < height; i++) {
        const at = <usize>((row + i) * columns + column);
        const delta = block + ((<usize>(i * BLOCK_COLUMNS)) << 2);
        const old = then == 0 ? 0 : then + at * thenSize;
        figuresOfSpan(delta, now + at * size, old, width, dtype, thenDtype, changetype<Figures>(figures));
      }
    }
  }
  flush();
}
