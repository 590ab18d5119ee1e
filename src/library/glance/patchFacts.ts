import { basename, dirname } from 'node:path';
import { CONFIG_FILE } from '../../patch/adapterConfig.ts';
import { ADAPTER_FILE, asksForOldBase, modulesOf, openPatch, ranksOf, type Patch } from '../../patch/patch.ts';
import { DELTA_FILE } from '../../patch/readers/delta.ts';
import { isKohya } from '../../patch/readers/kohya.ts';
import { scalingOf, type Recipe } from '../../patch/recipe.ts';
import type { PatchFacts } from './types.ts';

const MLX_FILE = 'adapters.safetensors';

/**
 * What a file changes, where it is the weights of a patch; undefined for any other file.
 *
 * @throws InputError if it is a patch's, and cannot be read as that
 */
export async function patchFacts(
  path: string,
  names: ReadonlySet<string>,
  tensors: Iterable<string>,
): Promise<PatchFacts | undefined> {
  const name = basename(path);
  const folder = dirname(path);
  if (name === DELTA_FILE || ((name === ADAPTER_FILE || name === MLX_FILE) && names.has(CONFIG_FILE)))
    return openAndTell(folder, folder);
  return isKohya(tensors) ? openAndTell(path, null) : undefined;
}

async function openAndTell(path: string, folder: string | null): Promise<PatchFacts> {
  const patch = await openPatch(path);
  await patch.file.close();
  const { config, dialect } = patch;
  const targets = config.target_modules;
  return {
    method: config.peft_type ?? dialect,
    dialect,
    baseName: config.base_model_name_or_path ?? null,
    modules: modulesOf(patch),
    ranks: ranksOf(patch),
    alphas: distinct(patch, alphaOf),
    scalings: distinct(patch, scalingOf),
    targets: Array.isArray(targets) ? targets.join(', ') : (targets ?? null),
    needsOldBase: asksForOldBase(patch),
    folder,
  };
}

function alphaOf(recipe: Recipe): number | null {
  if (recipe.method === 'DoRA') return recipe.lora.alpha;
  return 'alpha' in recipe ? recipe.alpha : null;
}

function distinct({ changes }: Patch, valueOf: (recipe: Recipe) => number | null): number[] {
  return [...new Set(changes.flatMap(({ recipe }) => valueOf(recipe) ?? []))].sort((a, b) => a - b);
}
