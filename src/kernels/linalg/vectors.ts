import { ownKernels } from '../lanes/ownKernels.ts';

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

/** Elements of each vector that are combined before the next ones: all vectors' parts then stay in a cache. */
const BLOCK = 512;

/** Row i is Σ_j coefficients[i, j] · vector j: coefficients [rows, vectors.count], the result [rows, vectors.length]. */
export function combine(coefficients: Float64Array, rows: number, { count, length, data }: Vectors): Vectors {
  const result = zeros(rows, length);
  const { kernels, buffer, places } = ownKernels([8 * count * BLOCK, 8 * rows * BLOCK]);
  const [from = 0, to = 0] = places;
  const [parts, sums] = [new Float64Array(buffer, from, count * BLOCK), new Float64Array(buffer, to, rows * BLOCK)];
  for (let begin = 0; begin < length; begin += BLOCK) {
    const width = Math.min(BLOCK, length - begin);
    for (let j = 0; j < count; j++) parts.set(data.subarray(j * length + begin, j * length + begin + width), j * BLOCK);
    sums.fill(0);
    for (let row = 0; row < rows; row++)
      for (let first = 0; first < count; first += 4) {
        // For a missing one the last again, which weighs 0.
        const place = (i: number): number => from + 8 * BLOCK * Math.min(first + i, count - 1);
        const weight = (i: number): number => (first + i < count ? (coefficients[row * count + first + i] ?? 0) : 0);
        kernels.addFour64(
          ...([to + 8 * BLOCK * row, place(0), place(1), place(2), place(3), width] as const),
          ...([weight(0), weight(1), weight(2), weight(3)] as const),
        );
      }
    for (let row = 0; row < rows; row++)
      result.data.set(sums.subarray(row * BLOCK, row * BLOCK + width), row * length + begin);
  }
  return result;
}
