/**
 * Inner loops of the dense algebra here, on `count` vectors of one length that lie one after another: each is read in
 * order, whether it stands for a row or for a column of a matrix. Four vectors at a time, because a loop with one
 * multiplication to each load is bound by its loads.
 */
export interface Vectors {
  readonly count: number;
  readonly length: number;
  /** [count, length] float64 */
  readonly data: Float64Array;
}

export function zeros(count: number, length: number): Vectors {
  return { count, length, data: new Float64Array(count * length) };
}

/** xᵀy of the two vectors of `length` elements that begin at x and y. */
export function dot(data: Float64Array, x: number, y: number, length: number): number {
  let even = 0;
  let odd = 0;
  const paired = length - (length % 2);
  for (let i = 0; i < paired; i += 2) {
    even += (data[x + i] ?? 0) * (data[y + i] ?? 0);
    odd += (data[x + i + 1] ?? 0) * (data[y + i + 1] ?? 0);
  }
  return paired < length ? even + odd + (data[x + paired] ?? 0) * (data[y + paired] ?? 0) : even + odd;
}

/** Up to four neighbours among vectors: first, first + 1 … below end. */
interface Four {
  readonly vectors: Vectors;
  readonly first: number;
  readonly end: number;
}

/** target[at + i] += Σ_j weights[j] · (vector first + j)[i], for begin ≤ i < end of the range; missing vectors weigh 0. */
function addFour(
  target: Float64Array,
  at: number,
  four: Four,
  weights: Float64Array,
  [begin, end]: readonly [number, number],
): void {
  const { data } = four.vectors;
  const [p, q, r, s] = places(four);
  const a = weights[0] ?? 0;
  const b = weights[1] ?? 0;
  const c = weights[2] ?? 0;
  const d = weights[3] ?? 0;
  for (let i = begin; i < end; i++)
    target[at + i] =
      (target[at + i] ?? 0) +
      (a * (data[p + i] ?? 0) + b * (data[q + i] ?? 0)) +
      (c * (data[r + i] ?? 0) + d * (data[s + i] ?? 0));
}

/** Where the four begin; for a missing one the last again, for its weight is 0. */
function places({ vectors, first, end }: Four): [number, number, number, number] {
  const place = (i: number): number => Math.min(first + i, end - 1) * vectors.length;
  return [place(0), place(1), place(2), place(3)];
}

/** Elements of each vector that are combined before the next ones: all vectors' parts then stay in a cache. */
const BLOCK = 512;

/** Row i is Σ_j coefficients[i, j] · vector j: coefficients [rows, vectors.count], the result [rows, vectors.length]. */
export function combine(coefficients: Float64Array, rows: number, vectors: Vectors): Vectors {
  const { count, length } = vectors;
  const result = zeros(rows, length);
  const weights = new Float64Array(4);
  for (let begin = 0; begin < length; begin += BLOCK)
    for (let row = 0; row < rows; row++)
      for (let first = 0; first < count; first += 4) {
        for (let i = 0; i < 4; i++) weights[i] = first + i < count ? (coefficients[row * count + first + i] ?? 0) : 0;
        const range = [begin, Math.min(begin + BLOCK, length)] as const;
        addFour(result.data, row * length, { vectors, first, end: count }, weights, range);
      }
  return result;
}
