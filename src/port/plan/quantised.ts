import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { Change } from '../../patch/change.ts';
import { candidates } from './candidates.ts';
import { noTarget, partOf, showShape, type Ground, type Placed } from './placement.ts';
import { isVocabularyModule, vocabularyNotes } from './vocabularyRows.ts';

/**
 * A place in a quantised base, for an adapter: the weights are packed (GPTQ, AWQ, bitsandbytes, MXFP4), so that what a pure
 * delta is added to is found by its module, and its shape compared only where it still shows.
 */
export function placeUnseen(change: Change, { newBase: base, vocabularies }: Ground): Placed {
  const { module, parameter, kind, recipe, rules } = change;
  const method = base.config.quantization ?? '';
  if (kind !== 'pure delta' || recipe.shape.includes(null) || recipe.method === 'LoRA on experts')
    return { ...noTarget(change, `the weights of a quantised base (${method}) cannot be read for it`), kind };
  const moved = isVocabularyModule(module) && vocabularyNotes(vocabularies).length > 0;
  if (moved) return noTarget(change, 'the tokens of a quantised base have moved, and its rows cannot be counted');
  const modules = modulesOf(base);
  const found = candidates(`${module}.${parameter}`, (name) => modules.has(name.replace(/\.[^.]+$/, '')));
  const [only, ...others] = found;
  if (only === undefined) return noTarget(change, `the new base (${base.config.architecture}) has no module ${module}`);
  if (others.length > 0)
    return noTarget(change, `it could be ${found.map(({ name }) => name).join(' or ')} of the new base`);
  const source = modules.get(only.name.replace(/\.[^.]+$/, ''));
  if (source === undefined) throw new Error(`${only.name} was found and is not there`);
  const shape = recipe.shape.map((size) => size ?? 0);
  const weight = base.tensors.get(only.name)?.entry;
  if (weight !== undefined && isPlain(weight.dtype) && String(weight.shape) !== String(shape))
    return noTarget(
      change,
      `it changes a weight of ${showShape(shape)}, but ${weight.name} of the new base is ${showShape(weight.shape)}`,
    );
  const rule = [...rules, only.rule, `the base is quantised (${method})`].join(', ');
  return { module, target: only.name, source, part: partOf(change, { rule, shape }), shape };
}

/** Dtypes of one number for each element; packed ones hold several. */
function isPlain(dtype: string): boolean {
  return /^(F32|F16|BF16|I8|F8_)/.test(dtype);
}

function modulesOf(base: Checkpoint): Map<string, LocatedTensor> {
  const modules = new Map<string, LocatedTensor>();
  for (const [name, located] of base.tensors) {
    const module = name.replace(/\.[^.]+$/, '');
    // The weight itself, where it has kept its name.
    if (!modules.has(module) || name === `${module}.weight`) modules.set(module, located);
  }
  return modules;
}
