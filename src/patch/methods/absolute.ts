import { InputError } from '../../base/errors.ts';
import { matrixOf, type Delta } from '../delta.ts';
import type { DeltaRecipe, LoraBiasRecipe, RowsRecipe, WholeRecipe } from '../recipe.ts';
import { assertFinite, floatEntry, readBaseRows, readFloats, readRows } from '../tensorReader.ts';
import { oldTensor, type DeltaContext } from './context.ts';

const exact = (): number => 0;

/**
 * Δ = saved − W_old, in float64, where the difference of two float32 is exact: modules_to_save, saved embeddings and heads,
 * trained biases. PEFT itself puts the saved tensor in the place of the new base's, which takes the evolution back.
 */
export function openWhole(recipe: WholeRecipe, context: DeltaContext): Delta {
  const name = recipe.tensors.saved ?? '';
  const entry = floatEntry(context.file, name);
  const shape = matrixOf(context.shape);
  const old = oldTensor(context);
  return {
    ...shape,
    async tile(row, count) {
      const saved = await readRows(context.file, entry, row, count);
      assertFinite(saved, context.file.path, name);
      return difference(saved, await readBaseRows(old, row, count), context.scale);
    },
    bound: exact,
  };
}

/**
 * Trainable tokens: rows of an embedding, stored whole despite their name `trainable_tokens_delta`
 * (peft/tuners/trainable_tokens/layer.py copies them with `index_copy`). Δ is zero in every other row.
 */
export async function openRows(recipe: RowsRecipe, context: DeltaContext): Promise<Delta> {
  const shape = matrixOf(context.shape);
  const saved = await readFloats(context.file, recipe.tensors.saved ?? '');
  const old = oldTensor(context);
  const places = new Map(recipe.rows.map((row, place) => [row, place]));
  return {
    ...shape,
    async tile(row, count) {
      const values = new Float64Array(count * shape.columns);
      for (let i = 0; i < count; i++) {
        const place = places.get(row + i);
        if (place === undefined) continue;
        const after = saved.subarray(place * shape.columns, (place + 1) * shape.columns);
        values.set(difference(after, await readBaseRows(old, row + i, 1), context.scale), i * shape.columns);
      }
      return values;
    },
    bound: exact,
  };
}

/** Δ = s · b: the bias that `lora_bias` trains on lora_B (peft/tuners/lora/layer.py, `Linear.merge`). */
export async function openLoraBias(recipe: LoraBiasRecipe, context: DeltaContext): Promise<Delta> {
  const bias = await readFloats(context.file, recipe.tensors.bias ?? '');
  const values = bias.map((value) => value * recipe.scaling);
  return {
    ...matrixOf(context.shape),
    tile: (row, count) => Promise.resolve(values.slice(row, row + count).map((value) => value * context.scale)),
    bound: exact,
  };
}

/** Δ as it was extracted. */
export function openFullDelta(recipe: DeltaRecipe, context: DeltaContext): Delta {
  const name = recipe.tensors.delta ?? '';
  const entry = floatEntry(context.file, name);
  return {
    ...matrixOf(context.shape),
    async tile(row, count) {
      const values = await readRows(context.file, entry, row, count);
      assertFinite(values, context.file.path, name);
      return context.scale === 1 ? values : values.map((value) => value * context.scale);
    },
    bound: exact,
  };
}

function difference(saved: Float32Array, old: Float32Array, scale: number): Float64Array {
  if (saved.length !== old.length) throw new InputError('The old base and the patch differ in shape.');
  return Float64Array.from(saved, (value, i) => scale * (value - (old[i] ?? 0)));
}
