import { transpose, type Factors } from '../../kernels/lowRank.ts';
import { matrixOf } from '../delta.ts';
import type { LoraRecipe } from '../recipe.ts';
import { readFloats } from '../tensorReader.ts';
import { blockDiagonal } from './blockDiagonal.ts';
import type { DeltaContext } from './context.ts';
import { float32Scale, LowRankDelta } from './lowRank.ts';

/**
 * Δ = s · B @ A, transposed where the weight is stored [in, out], and for embeddings (A [r, vocabulary], B [dimension, r]).
 * Convolutions of one group are the same with their kernels flattened: A [r, in·kh·kw], B [out, r]
 * (peft/tuners/lora/layer.py, `Linear`, `Embedding` and `_ConvNd.get_delta_weight`).
 */
export async function openLora(recipe: LoraRecipe, context: DeltaContext): Promise<LowRankDelta> {
  const scale = float32Scale(recipe.scaling, context.scale);
  const { a, b } = await readPair(recipe, context);
  return new LowRankDelta(arrange(a, b, recipe, context, scale), context.kernel);
}

function arrange(
  a: Float32Array,
  b: Float32Array,
  { rank, embedding }: LoraRecipe,
  context: DeltaContext,
  scale: number,
): Factors {
  const { rows, columns } = matrixOf(context.shape);
  const shape = { rows, rank, columns };
  if (!embedding && !context.transposed) return { left: b, right: a, shape, scale };
  return { left: transpose(a, rank, rows), right: transpose(b, columns, rank), shape, scale };
}

/** A [rank, in] and B [out, rank]; of AdaLoRA with its singular values in A; of BD-LoRA with its blocks spread out. */
async function readPair(recipe: LoraRecipe, { file }: DeltaContext): Promise<{ a: Float32Array; b: Float32Array }> {
  const { tensors, rank, method } = recipe;
  const [a, b] = [await readFloats(file, tensors.a ?? ''), await readFloats(file, tensors.b ?? '')];
  if (recipe.turned) return { a: transpose(a, a.length / rank, rank), b: transpose(b, rank, b.length / rank) };
  if (method === 'AdaLoRA') return { a: timesRows(a, await readFloats(file, tensors.e ?? '')), b };
  if (method !== 'LoRA (block-diagonal)') return { a, b };
  const [out = 0, input = 0] = recipe.shape;
  return {
    a: blockDiagonal(a, { rows: rank, columns: input ?? 0 }),
    b: blockDiagonal(b, { rows: out ?? 0, columns: rank }),
  };
}

/** Row i of the matrix times value i, in float32. */
export function timesRows(matrix: Float32Array, values: Float32Array): Float32Array {
  const columns = matrix.length / values.length;
  return matrix.map((value, i) => value * (values[Math.floor(i / columns)] ?? 0));
}
