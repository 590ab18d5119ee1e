import type { CheckpointIdentity } from '../../checkpoint/identityTypes.ts';
import type { AdapterConfig } from '../../patch/adapterConfig.ts';
import { peftConfig, type LoraSetting } from '../../patch/peftConfig.ts';
import type { PortInputs } from '../plan/inputs.ts';
import { moduleInMemory, type AdapterTensor } from './adapterTensors.ts';
import { mappedTokens } from './mappedTokens.ts';

/** The first PEFT that reads the factors of experts as they are written here. */
const TURNED_SINCE = '0.19.0';

/** adapter_config.json, every key kept, pointing to the new base; λ goes into alpha, in which Δ is linear. */
export function rebasedConfig(inputs: PortInputs, kept: readonly AdapterTensor[]): string {
  const { patch, plan } = inputs;
  const config: Record<string, unknown> = patch.dialect === 'PEFT' ? { ...patch.config } : asPeft(inputs);
  config.base_model_name_or_path = loadableName(plan.newBase);
  if ('revision' in config) config.revision = plan.newBase.revision;
  Object.assign(config, renamedSettings(inputs));
  Object.assign(config, scaledAlphas(config, plan.request.scale));
  if (patch.config.modules_to_save != null)
    config.modules_to_save = modulesStillSaved(patch.config.modules_to_save, kept);
  Object.assign(config, mappedIndices(inputs, kept));
  if (kept.some(({ fate }) => fate.kind === 'turned')) config.peft_version = TURNED_SINCE;
  return JSON.stringify(config, null, 2) + '\n';
}

/** PEFT matches the ends of modules' names, with or without a dot before them (`check_modules_to_save`). */
export function belongsTo({ name, fate }: AdapterTensor, module: string): boolean {
  const saved = fate.kind === 'saved anew' || fate.kind === 'from the base';
  return saved && name.includes(`${module}.`) && !name.includes('.base_layer.');
}

/** The settings that PEFT needs for what was written in another dialect. */
function asPeft(inputs: PortInputs): Record<string, unknown> {
  return peftConfig(settingsOf(inputs), inputs.patch.config.base_model_name_or_path ?? null);
}

/** Rank and alpha of every pair, by the module's name in the model that PEFT will meet. */
function settingsOf({ plan }: PortInputs): LoraSetting[] {
  return plan.items.flatMap(({ module, target, parts }) =>
    parts.flatMap(({ recipe }) =>
      'alpha' in recipe && 'rank' in recipe
        ? [{ module: moduleInMemory(module, target.replace(/\.weight$/, '')), rank: recipe.rank, alpha: recipe.alpha }]
        : [],
    ),
  );
}

/** Patterns and targets of the old names would miss modules that are called otherwise now. */
function renamedSettings(inputs: PortInputs): Record<string, unknown> {
  const settings = settingsOf(inputs);
  const renamed = inputs.plan.items.some(
    ({ module, target, parts }) =>
      parts.some(({ recipe }) => recipe.method.startsWith('LoRA')) &&
      moduleInMemory(module, target.replace(/\.[^.]+$/, '')) !== module,
  );
  if (!renamed || inputs.patch.dialect !== 'PEFT') return {};
  const { r, lora_alpha, rank_pattern, alpha_pattern } = peftConfig(settings, null);
  return {
    r,
    lora_alpha,
    rank_pattern,
    alpha_pattern,
    target_modules: [...new Set(settings.map(({ module }) => module))],
  };
}

function scaledAlphas(config: AdapterConfig, scale: number): Partial<AdapterConfig> {
  if (scale === 1) return {};
  const scaled: Partial<AdapterConfig> = {};
  if (config.lora_alpha != null) scaled.lora_alpha = config.lora_alpha * scale;
  if (config.alpha != null) scaled.alpha = config.alpha * scale;
  const alphas = Object.entries(config.alpha_pattern ?? {});
  if (alphas.length > 0) scaled.alpha_pattern = Object.fromEntries(alphas.map(([key, alpha]) => [key, alpha * scale]));
  return scaled;
}

/**
 * PEFT would look for the tensors of a module that is named here; one that the patch had not changed has none now. A name
 * stands for all modules that end in it, and for what is inside them.
 */
function modulesStillSaved(names: readonly string[], kept: readonly AdapterTensor[]): string[] | null {
  const still = names.filter((name) => kept.some((tensor) => belongsTo(tensor, name)));
  return still.length > 0 ? still : null;
}

/** Trained tokens by the new base's numbers. */
function mappedIndices(inputs: PortInputs, kept: readonly AdapterTensor[]): Partial<AdapterConfig> {
  const { trainable_token_indices: indices, token_indices: own } = inputs.patch.config;
  const mapped = new Map<string, number[]>();
  for (const { fate } of kept)
    if (fate.kind === 'tokens mapped') mapped.set(fate.item.module, mappedTokens(fate, inputs));
  const [first] = mapped.values();
  if (first === undefined) return {};
  if (own != null) return { token_indices: first };
  if (indices == null || Array.isArray(indices)) return { trainable_token_indices: first };
  const named = Object.keys(indices).map((name) => {
    const found = [...mapped].find(([module]) => module === name || module.endsWith(`.${name}`));
    return [name, found?.[1] ?? []] as const;
  });
  return { trainable_token_indices: Object.fromEntries(named) };
}

/** What PEFT can load the base by: the hub's name where the cache holds it, else the path. */
function loadableName({ name, revision, path }: CheckpointIdentity): string {
  return revision === null ? path : name;
}
