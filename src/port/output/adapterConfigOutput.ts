import type { CheckpointIdentity } from '../../checkpoint/identityTypes.ts';
import type { AdapterConfig } from '../../patch/adapterConfig.ts';
import type { PortInputs } from '../plan/inputs.ts';
import type { AdapterTensor } from './adapterTensors.ts';
import { mappedTokens } from './mappedTokens.ts';

/** The first PEFT that reads the factors of experts as they are written here. */
const TURNED_SINCE = '0.19.0';

/** adapter_config.json, every key kept, pointing to the new base; λ goes into alpha, in which Δ is linear. */
export function rebasedConfig(inputs: PortInputs, kept: readonly AdapterTensor[]): string {
  const { patch, plan } = inputs;
  const config: Record<string, unknown> = patch.dialect === 'PEFT' ? { ...patch.config } : asPeft(inputs);
  config.base_model_name_or_path = loadableName(plan.newBase);
  if ('revision' in config) config.revision = plan.newBase.revision;
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

/** The settings that PEFT needs for what was written in another dialect; ranks and alphas by module, the commonest in front. */
function asPeft({ patch, plan }: PortInputs): Record<string, unknown> {
  const modules = plan.items.flatMap(({ target, parts: [part] }) =>
    part && 'alpha' in part.recipe && 'rank' in part.recipe
      ? [{ name: target.replace(/\.weight$/, ''), rank: part.recipe.rank, alpha: part.recipe.alpha }]
      : [],
  );
  const [r, alpha] = [commonest(modules.map(({ rank }) => rank)), commonest(modules.map((module) => module.alpha))];
  const pattern = (of: 'rank' | 'alpha', usual: number): Record<string, number> =>
    Object.fromEntries(
      modules.filter((module) => module[of] !== usual).map((module) => [escaped(module.name), module[of]]),
    );
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: patch.config.base_model_name_or_path ?? null,
    r,
    lora_alpha: alpha,
    rank_pattern: pattern('rank', r),
    alpha_pattern: pattern('alpha', alpha),
    target_modules: [...new Set(modules.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)))],
    bias: 'none',
    inference_mode: true,
  };
}

function escaped(name: string): string {
  return `^${name.replaceAll('.', '\\.')}`;
}

function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
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
