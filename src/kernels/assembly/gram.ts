/** ‖left @ right‖² from the factors alone, float64. */

/** Columns of the right factor that are looked at together. */
const STRIP: i32 = 64;

/**
 * tr((leftᵀ left)(right rightᵀ)), in O(rank² · (rows + columns)); rounding may leave it a little below zero.
 *
 * @param left [rows, rank] float32
 * @param right [rank, columns] float32
 * @param space for (2 · rank² + 64 · rank + 2) float64
 */
export function productSquares(left: usize, right: usize, rows: i32, rank: i32, columns: i32, space: usize): f64 {
  const square = <usize>(rank * rank) << 3;
  const ofLeft = space;
  const ofRight = space + square;
  const scratch = ofRight + square;
  memory.fill(ofLeft, 0, square);
  gramOfColumns(left, rows, rank, ofLeft, scratch);
  memory.fill(ofRight, 0, square);
  gramOfRows(right, rank, columns, ofRight, scratch);
  let trace: f64 = 0;
  for (let i = 0; i < rank; i++) {
    const row = <usize>(i * rank) << 3;
    for (let j = 0; j < i; j++) trace += 2 * load<f64>(ofLeft + row + (<usize>j << 3)) * load<f64>(ofRight + row + (<usize>j << 3));
    trace += load<f64>(ofLeft + row + (<usize>i << 3)) * load<f64>(ofRight + row + (<usize>i << 3));
  }
  return trace;
}

/** Rows of the left factor that are looked at together. */
const ROWS: i32 = 4;

/**
 * The lower triangle of matrixᵀ @ matrix: outer products of rows, two columns at a time, of which the last may lie past the
 * diagonal (and, in the last row, past the matrix, where the other Gram matrix is not begun yet).
 */
function gramOfColumns(matrix: usize, rows: i32, rank: i32, gram: usize, scratch: usize): void {
  const stride = <usize>rank << 3;
  for (let row = 0; row < rows; row += ROWS) {
    for (let r = 0; r < ROWS; r++)
      for (let i = 0; i < rank; i++) {
        const value = row + r < rows ? <f64>load<f32>(matrix + (<usize>((row + r) * rank + i) << 2)) : 0;
        store<f64>(scratch + (<usize>r * stride) + (<usize>i << 3), value);
      }
    for (let i = 0; i < rank; i++) {
      const own = scratch + (<usize>i << 3);
      const a = v128.load64_splat(own);
      const b = v128.load64_splat(own + stride);
      const c = v128.load64_splat(own + 2 * stride);
      const d = v128.load64_splat(own + 3 * stride);
      const at = gram + <usize>i * stride;
      for (let j: usize = 0; j <= <usize>i << 3; j += 16) {
        const other = scratch + j;
        const first = f64x2.add(f64x2.mul(a, v128.load(other)), f64x2.mul(b, v128.load(other + stride)));
        const second = f64x2.add(f64x2.mul(c, v128.load(other + 2 * stride)), f64x2.mul(d, v128.load(other + 3 * stride)));
        v128.store(at + j, f64x2.add(v128.load(at + j), f64x2.add(first, second)));
      }
    }
  }
}

/** The lower triangle of matrix @ matrixᵀ, strip by strip of columns. */
function gramOfRows(matrix: usize, rank: i32, columns: i32, gram: usize, scratch: usize): void {
  for (let column = 0; column < columns; column += STRIP) {
    const width = min(STRIP, columns - column);
    for (let i = 0; i < rank; i++)
      for (let c = 0; c < STRIP; c++)
        store<f64>(
          scratch + (<usize>(i * STRIP + c) << 3),
          c < width ? <f64>load<f32>(matrix + (<usize>(i * columns + column + c) << 2)) : 0,
        );
    for (let i = 0; i < rank; i++)
      for (let j = 0; j <= i; j++) {
        const at = gram + (<usize>(i * rank + j) << 3);
        const one = scratch + (<usize>(i * STRIP) << 3);
        const other = scratch + (<usize>(j * STRIP) << 3);
        store<f64>(at, load<f64>(at) + dot(one, other));
      }
  }
}

/** Of STRIP float64. */
// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize): f64 {
  let even = f64x2.splat(0), odd = even;
  for (const end = a + (STRIP << 3); a < end; a += 32, b += 32) {
    even = f64x2.add(even, f64x2.mul(v128.load(a), v128.load(b)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  const sum = f64x2.add(even, odd);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
