import { elements } from '../safetensors/shape.ts';

export type Floats = Float32Array | Float64Array;

/** A tensor seen as a matrix: its first dimension, and the product of the others. A vector is one column. */
export interface MatrixShape {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Δ of one tensor, made in tiles of whole rows, laid out as the tensor is stored.
 * float32 where Δ is a product of factors; float64 where it is a difference of weights, which float32 could not hold.
 */
export interface Delta extends MatrixShape {
  /** Rows [row, row + count); a new array. */
  tile(row: number, count: number): Promise<Floats>;
  /** How far two devices may be apart in one element of Δ; 0 where the sum is always made in the same order. */
  bound(row: number, column: number): number;
  /** ‖Δ‖_F, where it is known without making Δ. */
  norm?(): number;
}

export function matrixOf(shape: readonly number[]): MatrixShape {
  const [rows = 1, ...others] = shape;
  return { rows, columns: elements(others) };
}

/** A delta that covers rows [begin, begin + delta.rows) of a larger tensor. */
export interface Placed {
  readonly delta: Delta;
  readonly begin: number;
}

/** The sum of deltas, each in its rows; what none covers is zero. */
export function sumOf(shape: MatrixShape, parts: readonly Placed[]): Delta {
  const [only] = parts;
  if (parts.length === 1 && only?.begin === 0 && only.delta.rows === shape.rows) return only.delta;
  const { rows, columns } = shape;
  return {
    rows,
    columns,
    async tile(row, count) {
      const sum = new Float64Array(count * columns);
      for (const { delta, begin } of parts) {
        const [from, to] = [Math.max(row, begin), Math.min(row + count, begin + delta.rows)];
        if (from >= to) continue;
        const values = await delta.tile(from - begin, to - from);
        const offset = (from - row) * columns;
        for (let i = 0; i < values.length; i++) sum[offset + i] = (sum[offset + i] ?? 0) + (values[i] ?? 0);
      }
      return sum;
    },
    bound: (row, column) =>
      parts
        .filter(({ delta, begin }) => row >= begin && row < begin + delta.rows)
        .reduce((sum, { delta, begin }) => sum + delta.bound(row - begin, column), 0),
  };
}

/**
 * Δ with its rows taken from another: row i is row `map[i]` of `delta`, or zero for −1 (a token that the patch never saw).
 */
export function mapRows(delta: Delta, map: Int32Array): Delta {
  const { columns } = delta;
  return {
    rows: map.length,
    columns,
    async tile(row, count) {
      const values = new Float64Array(count * columns);
      for (const { from, to, source } of runs(map, row, count))
        if (source >= 0) values.set(await delta.tile(source, to - from), (from - row) * columns);
      return values;
    },
    bound: (row, column) => ((map[row] ?? -1) < 0 ? 0 : delta.bound(map[row] ?? 0, column)),
  };
}

/** Stretches of rows whose sources follow one another too, so that most of a vocabulary is one read. */
function* runs(map: Int32Array, row: number, count: number): Generator<{ from: number; to: number; source: number }> {
  let from = row;
  for (let i = row + 1; i <= row + count; i++) {
    const source = map[from] ?? -1;
    const follows = source < 0 ? (map[i] ?? -1) < 0 : map[i] === source + i - from;
    if (i < row + count && follows) continue;
    yield { from, to: i, source };
    from = i;
  }
}
