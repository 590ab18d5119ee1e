import { matrixOf, type Delta } from '../delta.ts';
import type { Ia3Recipe } from '../recipe.ts';
import { readBaseRows, readFloats } from '../tensorReader.ts';
import { oldTensor, type DeltaContext } from './context.ts';

/**
 * (IA)³ (Liu et al. 2022, arXiv 2205.05638): W' = W ∘ l, over the outputs and their bias, or over the inputs of a
 * feed-forward layer (peft/tuners/ia3/layer.py, `Linear.merge`). It scales the old base, so the difference is ported.
 */
export async function openIa3(recipe: Ia3Recipe, context: DeltaContext): Promise<Delta> {
  const factors = await readFloats(context.file, recipe.tensors.factors ?? '');
  const old = oldTensor(context);
  const shape = matrixOf(context.shape);
  const byColumn = (recipe.over === 'inputs') !== context.transposed;
  // A convolution's columns are channels × kernel, its channels those of the row's group.
  const [, channels = 1] = context.shape;
  const cells = shape.columns / channels;
  const rowsPerGroup = (shape.rows * channels) / factors.length;
  return {
    ...shape,
    async tile(row, count) {
      const before = await readBaseRows(old, row, count);
      return Float64Array.from(before, (value, i) => {
        const at = row + Math.floor(i / shape.columns);
        const group = Math.floor(at / rowsPerGroup) * channels;
        const place = byColumn ? group + Math.floor((i % shape.columns) / cells) : at;
        return context.scale * (Math.fround(value * (factors[place] ?? NaN)) - value);
      });
    },
    bound: () => 0,
  };
}
