import type { Delta } from '../delta.ts';
import type { BoftRecipe } from '../recipe.ts';
import { readFloats } from '../tensorReader.ts';
import type { DeltaContext } from './context.ts';
import { cayley, rotated, turnBlocks, type Square } from './rotation.ts';

/**
 * BOFT (Liu et al. 2024, arXiv 2311.06243): W' = s ∘ W Mᵀ, M = M_n … M_0, each factor block-diagonal between a butterfly
 * permutation and its inverse (peft/tuners/boft/layer.py, `Linear.get_delta_weight`, `block_butterfly_perm`).
 */
export async function openBoft(recipe: BoftRecipe, context: DeltaContext): Promise<Delta> {
  const { butterflies, blocks, blockSize } = recipe;
  const stored = await readFloats(context.file, recipe.tensors.rotation ?? '');
  const factors = await readFloats(context.file, recipe.tensors.factors ?? '');
  const stages = Array.from({ length: butterflies }, (_, stage) => ({
    order: butterflyOrder(blocks * blockSize, blocks / 2 ** stage, blockSize / 2, butterflies - 1),
    turns: Array.from({ length: blocks }, (_, block) => {
      const start = (stage * blocks + block) * blockSize * blockSize;
      return cayley(skewPart(stored.subarray(start, start + blockSize * blockSize), blockSize));
    }),
  }));
  return rotated(context, (row, index) => {
    const turned = stages.reduce((values, { order, turns }) => turnPermuted(values, order, turns), row);
    const factor = factors[index] ?? NaN;
    // Two steps in float32, as PEFT has them.
    return turned.map((value) => Math.fround(value) * factor);
  });
}

/** x ← P B Pᵀ x with (P x)ᵢ = x[orderᵢ]. */
function turnPermuted(row: Float64Array, order: Int32Array, turns: readonly Square[]): Float64Array {
  const inner = new Float64Array(row.length);
  for (let i = 0; i < row.length; i++) inner[order[i] ?? 0] = row[i] ?? 0;
  const turned = turnBlocks(inner, turns);
  return row.map((_, i) => turned[order[i] ?? 0] ?? 0);
}

function skewPart(block: Float32Array, size: number): Square {
  const values = Float64Array.from(block, (value, i) => {
    const mirrored = block[(i % size) * size + Math.floor(i / size)] ?? 0;
    return Math.fround(0.5 * Math.fround(value - mirrored));
  });
  return { values, size };
}

/** Within stretches of n / b: the even groups of r first, then the odd ones. Identity if there is no butterfly. */
function butterflyOrder(n: number, b: number, r: number, butterflies: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  if (butterflies === 0) return order;
  const stretch = n / b;
  const groups = Array.from({ length: stretch / r }, (_, i) => i);
  const sorted = [...groups.filter((i) => i % 2 === 0), ...groups.filter((i) => i % 2 === 1)];
  return order.map((i) => {
    const [start, within] = [Math.floor(i / stretch) * stretch, i % stretch];
    return start + (sorted[Math.floor(within / r)] ?? 0) * r + (within % r);
  });
}
