import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { matrixOf, type Delta } from '../delta.ts';
import { readBaseRows } from '../tensorReader.ts';
import { oldTensor, type DeltaContext } from './context.ts';

/** A square matrix, row-major, float64. */
export interface Square {
  readonly values: Float64Array;
  readonly size: number;
}

/** Turns each row of the old weights and takes the difference; the result is float32, as PEFT's product is. */
export function rotated(context: DeltaContext, turn: (row: Float64Array, index: number) => Float64Array): Delta {
  const old: LocatedTensor = oldTensor(context);
  const shape = matrixOf(context.shape);
  return {
    ...shape,
    async tile(row, count) {
      const before = await readBaseRows(old, row, count);
      const values = new Float64Array(before.length);
      for (let i = 0; i < count; i++) {
        const start = i * shape.columns;
        const after = turn(Float64Array.from(before.subarray(start, start + shape.columns)), row + i);
        for (let j = 0; j < shape.columns; j++)
          values[start + j] = context.scale * (Math.fround(after[j] ?? 0) - (before[start + j] ?? 0));
      }
      return values;
    },
    bound: () => 0,
  };
}

/** x ← R x, block by block. */
export function turnBlocks(row: Float64Array, blocks: readonly Square[]): Float64Array {
  const result = new Float64Array(row.length);
  const size = blocks[0]?.size ?? 1;
  for (let start = 0, b = 0; start < row.length; start += size, b++) {
    const { values } = blocks[b % blocks.length] ?? { values: new Float64Array(0) };
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += (values[i * size + j] ?? 0) * (row[start + j] ?? 0);
      result[start + i] = sum;
    }
  }
  return result;
}

/** The Cayley transform of a skew-symmetric Q: (I − Q)(I + Q)⁻¹, orthogonal. */
export function cayley({ values, size }: Square): Square {
  // X (I + Q) = I − Q, transposed: (I + Q)ᵀ Xᵀ = (I − Q)ᵀ, and Qᵀ = −Q.
  const left = identityPlus(values, size, -1);
  const right = identityPlus(values, size, 1);
  solve(left, right, size);
  return transposed({ values: right, size });
}

function identityPlus(values: Float64Array, size: number, sign: 1 | -1): Float64Array {
  const result = values.map((value) => sign * value);
  for (let i = 0; i < size; i++) result[i * size + i] = 1 + (result[i * size + i] ?? 0);
  return result;
}

export function transposed({ values, size }: Square): Square {
  return { values: values.map((_, i) => values[(i % size) * size + Math.floor(i / size)] ?? 0), size };
}

/** right ← left⁻¹ right, by elimination with row pivots; left is overwritten. */
function solve(left: Float64Array, right: Float64Array, size: number): void {
  for (let column = 0; column < size; column++) {
    const pivot = largestBelow(left, size, column);
    swapRows(left, size, pivot, column);
    swapRows(right, size, pivot, column);
    const head = left[column * size + column] ?? 1;
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = (left[row * size + column] ?? 0) / head;
      if (factor === 0) continue;
      subtractRow(left, size, row, column, factor);
      subtractRow(right, size, row, column, factor);
    }
  }
  for (let i = 0; i < right.length; i++) {
    const row = Math.floor(i / size);
    right[i] = (right[i] ?? 0) / (left[row * size + row] ?? 1);
  }
}

function largestBelow(matrix: Float64Array, size: number, column: number): number {
  let best = column;
  for (let row = column + 1; row < size; row++)
    if (Math.abs(matrix[row * size + column] ?? 0) > Math.abs(matrix[best * size + column] ?? 0)) best = row;
  return best;
}

function swapRows(matrix: Float64Array, size: number, a: number, b: number): void {
  if (a === b) return;
  const kept = matrix.slice(a * size, (a + 1) * size);
  matrix.copyWithin(a * size, b * size, (b + 1) * size);
  matrix.set(kept, b * size);
}

function subtractRow(matrix: Float64Array, size: number, row: number, from: number, factor: number): void {
  for (let i = 0; i < size; i++)
    matrix[row * size + i] = (matrix[row * size + i] ?? 0) - factor * (matrix[from * size + i] ?? 0);
}
