import { transpose } from '../../kernels/lowRank.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import { matrixOf } from '../delta.ts';
import type { ExpertRecipe } from '../recipe.ts';
import { assertFinite, floatEntry, readFloats, readRows } from '../tensorReader.ts';
import type { DeltaContext } from './context.ts';
import { float32Scale, LowRankDelta } from './lowRank.ts';

/**
 * One expert's part of a fused pair: A_e = A[e · r …], B_e = B[:, k · experts + e] for k < r; Δ_e = s · B_e @ A_e
 * (peft/tuners/lora/layer.py, `ParamWrapper.get_delta_weight`).
 */
export async function openExpert(recipe: ExpertRecipe, context: DeltaContext): Promise<LowRankDelta> {
  const { rank, expert, experts, from, flipped, tensors } = recipe;
  const nameA = tensors.a ?? '';
  const entry = floatEntry(context.file, nameA);
  const a = await readRows(context.file, entry, expert * rank, rank);
  assertFinite(a, context.file.path, nameA);
  const b = columnsOf(await readOnce(context.file, tensors.b ?? ''), { rank, expert, experts });
  const { rows, columns } = matrixOf(context.shape);
  const [left, right] = flipped ? [transpose(a, rank, a.length / rank), transpose(b, b.length / rank, rank)] : [b, a];
  return new LowRankDelta(
    {
      left: left.subarray(from * rank, (from + rows) * rank),
      right,
      shape: { rows, rank, columns },
      scale: float32Scale(recipe.scaling, context.scale),
    },
    context.kernel,
  );
}

function columnsOf(
  b: Float32Array,
  { rank, expert, experts }: Pick<ExpertRecipe, 'rank' | 'expert' | 'experts'>,
): Float32Array {
  const width = rank * experts;
  const result = new Float32Array(b.length / experts);
  for (let i = 0; i < result.length; i++)
    result[i] = b[Math.floor(i / rank) * width + (i % rank) * experts + expert] ?? 0;
  return result;
}

/** The factor that all experts of a layer share: they are asked for one after the other. */
const last = new WeakMap<TensorFile, { readonly name: string; readonly values: Float32Array }>();

async function readOnce(file: TensorFile, name: string): Promise<Float32Array> {
  const kept = last.get(file);
  if (kept?.name === name) return kept.values;
  const values = await readFloats(file, name);
  last.set(file, { name, values });
  return values;
}
