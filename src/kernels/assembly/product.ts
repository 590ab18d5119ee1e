/** Rows and columns of Δ that are made together: their factors stay in the processor's first cache. */
export const BLOCK_ROWS: i32 = 4;
export const BLOCK_COLUMNS: i32 = 512;

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (FUSED) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(f32x4.mul(a, b), sum);
}

/**
 * block[i, j] = scale · Σ_k left[i, k] · right[k, j], float32. The sum goes from the first k to the last, each step rounded
 * once (FUSED) or after the product and after the sum; the finished sum is multiplied by the scale.
 *
 * @param left of the first row, [rows, rank]
 * @param right of the first column, in rows of `stride` elements
 * @param block [rows, BLOCK_COLUMNS]
 */
export function product(
  block: usize,
  left: usize,
  right: usize,
  rows: i32,
  rank: i32,
  columns: i32,
  stride: i32,
  scale: f32,
): void {
  const whole = columns & ~7;
  if (rows == BLOCK_ROWS)
    for (let j = 0; j < whole; j += 8) fourRows(block + (<usize>j << 2), left, right + (<usize>j << 2), rank, stride, scale);
  else
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < whole; j += 8)
        oneRow(
          block + (<usize>(i * BLOCK_COLUMNS + j) << 2),
          left + (<usize>(i * rank) << 2),
          right + (<usize>j << 2),
          rank,
          stride,
          scale,
        );
  for (let i = 0; i < rows; i++)
    for (let j = whole; j < columns; j++)
      oneElement(
        block + (<usize>(i * BLOCK_COLUMNS + j) << 2),
        left + (<usize>(i * rank) << 2),
        right + (<usize>j << 2),
        rank,
        stride,
        scale,
      );
}

/** Four rows of eight columns: as many sums as the registers hold. */
// @ts-ignore: decorator
@inline
function fourRows(block: usize, left: usize, right: usize, rank: i32, stride: i32, scale: f32): void {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
  const leftRow = <usize>rank << 2;
  const rightRow = <usize>stride << 2;
  const end = left + leftRow;
  for (; left < end; left += 4, right += rightRow) {
    const r0 = v128.load(right);
    const r1 = v128.load(right, 16);
    let l = v128.load32_splat(left);
    a0 = multiplyAdd(l, r0, a0);
    a1 = multiplyAdd(l, r1, a1);
    l = v128.load32_splat(left + leftRow);
    b0 = multiplyAdd(l, r0, b0);
    b1 = multiplyAdd(l, r1, b1);
    l = v128.load32_splat(left + 2 * leftRow);
    c0 = multiplyAdd(l, r0, c0);
    c1 = multiplyAdd(l, r1, c1);
    l = v128.load32_splat(left + 3 * leftRow);
    d0 = multiplyAdd(l, r0, d0);
    d1 = multiplyAdd(l, r1, d1);
  }
  const s = f32x4.splat(scale);
  v128.store(block, f32x4.mul(a0, s));
  v128.store(block, f32x4.mul(a1, s), 16);
  v128.store(block, f32x4.mul(b0, s), 4 * BLOCK_COLUMNS);
  v128.store(block, f32x4.mul(b1, s), 4 * BLOCK_COLUMNS + 16);
  v128.store(block, f32x4.mul(c0, s), 8 * BLOCK_COLUMNS);
  v128.store(block, f32x4.mul(c1, s), 8 * BLOCK_COLUMNS + 16);
  v128.store(block, f32x4.mul(d0, s), 12 * BLOCK_COLUMNS);
  v128.store(block, f32x4.mul(d1, s), 12 * BLOCK_COLUMNS + 16);
}

// @ts-ignore: decorator
@inline
function oneRow(block: usize, left: usize, right: usize, rank: i32, stride: i32, scale: f32): void {
  let a0 = f32x4.splat(0), a1 = a0;
  const end = left + (<usize>rank << 2);
  for (; left < end; left += 4, right += <usize>stride << 2) {
    const l = v128.load32_splat(left);
    a0 = multiplyAdd(l, v128.load(right), a0);
    a1 = multiplyAdd(l, v128.load(right, 16), a1);
  }
  v128.store(block, f32x4.mul(a0, f32x4.splat(scale)));
  v128.store(block, f32x4.mul(a1, f32x4.splat(scale)), 16);
}

/** Through a vector too, so that it rounds as the others do. */
// @ts-ignore: decorator
@inline
function oneElement(block: usize, left: usize, right: usize, rank: i32, stride: i32, scale: f32): void {
  let sum = f32x4.splat(0);
  const end = left + (<usize>rank << 2);
  for (; left < end; left += 4, right += <usize>stride << 2)
    sum = multiplyAdd(v128.load32_splat(left), v128.load32_splat(right), sum);
  store<f32>(block, f32x4.extract_lane(sum, 0) * scale);
}
