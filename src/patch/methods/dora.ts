import { matrixOf, type Delta, type MatrixShape } from '../delta.ts';
import type { DoraRecipe } from '../recipe.ts';
import { readBaseRows, readFloats } from '../tensorReader.ts';
import { oldTensor, type DeltaContext } from './context.ts';
import { openLora } from './lora.ts';
import type { LowRankDelta } from './lowRank.ts';

/** Rows that are looked at together while column norms are summed. */
const STRIP = 1 << 20;

/**
 * DoRA (Liu et al. 2024, arXiv 2402.09353): W' = m / ‖W + Δ‖ · (W + Δ), one norm for every output, over its inputs
 * (peft/tuners/lora/dora.py and variants.py). It rescales the old base's rows, so what is ported is the difference
 * W'_old − W_old, in float64 from PEFT's float32 steps.
 */
export async function openDora(recipe: DoraRecipe, context: DeltaContext): Promise<Delta> {
  const old = oldTensor(context);
  const lora = await openLora(recipe.lora, { ...context, scale: 1 });
  const magnitude = await readFloats(context.file, recipe.tensors.magnitude ?? '');
  const shape = matrixOf(context.shape);
  const perColumn = context.transposed || recipe.lora.embedding;
  const patched = async (row: number, count: number): Promise<{ before: Float32Array; after: Float32Array }> => {
    const before = await readBaseRows(old, row, count);
    const delta = await lora.tile(row, count);
    return { before, after: delta.map((value, i) => value + (before[i] ?? 0)) };
  };
  const byColumn = perColumn ? factors(magnitude, await columnNorms(shape, patched)) : undefined;
  return {
    ...shape,
    async tile(row, count) {
      const { before, after } = await patched(row, count);
      const byRow = byColumn
        ? undefined
        : factors(magnitude.subarray(row, row + count), rowNorms(after, shape.columns));
      return Float64Array.from(after, (value, i) => {
        const factor = byColumn?.[i % shape.columns] ?? byRow?.[Math.floor(i / shape.columns)] ?? NaN;
        return context.scale * (Math.fround(factor * value) - (before[i] ?? 0));
      });
    },
    bound: (row, column) =>
      bound(lora, magnitude[perColumn ? column : row] ?? 0, row, column) * Math.abs(context.scale),
  };
}

/** The product's own bound, grown by the factor; the norm's share is covered by a few units of the magnitude. */
function bound(lora: LowRankDelta, magnitude: number, row: number, column: number): number {
  return 4 * lora.bound(row, column) + 2 ** -20 * Math.abs(magnitude);
}

function factors(magnitude: Float32Array, norms: Float32Array): Float32Array {
  return magnitude.map((value, i) => value / (norms[i] ?? NaN));
}

function rowNorms(values: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: values.length / columns }, (_, row) => {
    let squares = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) squares += (values[i] ?? 0) ** 2;
    return Math.sqrt(squares);
  });
}

async function columnNorms(
  { rows, columns }: MatrixShape,
  patched: (row: number, count: number) => Promise<{ after: Float32Array }>,
): Promise<Float32Array> {
  const squares = new Float64Array(columns);
  const step = Math.max(1, Math.floor(STRIP / columns));
  for (let row = 0; row < rows; row += step) {
    const { after } = await patched(row, Math.min(step, rows - row));
    for (let i = 0; i < after.length; i++) squares[i % columns] = (squares[i % columns] ?? 0) + (after[i] ?? 0) ** 2;
  }
  return Float32Array.from(squares, Math.sqrt);
}
