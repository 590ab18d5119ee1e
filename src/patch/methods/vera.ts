import { InputError } from '../../base/errors.ts';
import { transpose } from '../../kernels/lowRank.ts';
import { matrixOf } from '../delta.ts';
import type { VeraRecipe } from '../recipe.ts';
import { readFloats } from '../tensorReader.ts';
import type { DeltaContext } from './context.ts';
import { timesRows } from './lora.ts';
import { float32Scale, LowRankDelta } from './lowRank.ts';

/**
 * VeRA (Kopiczko et al. 2024, arXiv 2310.11454): Δ = (λ_b ∘ B) @ (λ_d ∘ A), from the first rows of B and the first columns
 * of A, which all modules share (peft/tuners/vera/layer.py, `get_delta_weight`).
 */
export async function openVera(recipe: VeraRecipe, context: DeltaContext): Promise<LowRankDelta> {
  const { tensors, rank, widest } = recipe;
  const read = (role: string): Promise<Float32Array> => readFloats(context.file, tensors[role] ?? '');
  const stored = matrixOf(context.shape);
  const [out, input] = context.transposed ? [stored.columns, stored.rows] : [stored.rows, stored.columns];
  if (input > widest) throw new InputError(`${tensors.ranks}: its projections are narrower than the weight.`);
  const left = timesRows((await read('b')).subarray(0, out * rank), await read('outputs'));
  const right = timesRows(firstColumns(await read('a'), rank, input), await read('ranks'));
  const shape = { rows: stored.rows, rank, columns: stored.columns };
  const scale = float32Scale(1, context.scale);
  return new LowRankDelta(
    context.transposed
      ? { left: transpose(right, rank, input), right: transpose(left, out, rank), shape, scale }
      : { left, right, shape, scale },
    context.kernel,
  );
}

function firstColumns(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const width = matrix.length / rows;
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) result.set(matrix.subarray(row * width, row * width + columns), row * columns);
  return result;
}
