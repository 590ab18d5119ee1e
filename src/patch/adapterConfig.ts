import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../base/errors.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { resolveInside } from '../checkpoint/shards.ts';

export const CONFIG_FILE = 'adapter_config.json';

const PATTERN = z.record(z.string(), z.number()).nullish();

/** adapter_config.json as PEFT ≤ 0.21 writes it (formats.md §1); unknown keys are kept. */
export const ADAPTER_CONFIG = z.looseObject({
  peft_type: z.string().nullish(),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  r: z.number().nullish(),
  lora_alpha: z.number().nullish(),
  use_rslora: z.boolean().nullish(),
  fan_in_fan_out: z.boolean().nullish(),
  rank_pattern: PATTERN,
  alpha_pattern: PATTERN,
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  peft_version: z.string().nullish(),
});

export type AdapterConfig = z.output<typeof ADAPTER_CONFIG>;

/** @throws InputError if adapter_config.json is missing, malformed, or not a LoRA adapter's */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig> {
  const path = join(folder, CONFIG_FILE);
  const config = await readJsonFile(await resolveInside(folder, CONFIG_FILE), ADAPTER_CONFIG, path);
  if (config.lora_parameters != null || config.lora_layers != null)
    throw new InputError(
      `${path} is an MLX-LM adapter's, which stores A and B transposed.`,
      'Export it to PEFT first.',
    );
  if (config.peft_type == null)
    throw new InputError(`${path} has no peft_type.`, 'Choose an adapter folder that PEFT has saved.');
  if (config.peft_type !== 'LORA')
    throw new InputError(
      `${path}: patches of the type ${config.peft_type} cannot be ported.`,
      'Only LoRA adapters can.',
    );
  if (config.lora_alpha == null) throw new InputError(`${path} has no lora_alpha, so the patch's scale is unknown.`);
  return config;
}

const MUTATED_BASE = /^(pissa|olora|corda|lora_ga|loftq)/;

/** Settings that change what the tensors mean, each with why such a patch is refused. */
const REFUSED: Record<string, string> = {
  use_dora: 'DoRA rescales the rows of the old base',
  lora_bias: 'it trains biases beside the factors',
  layer_replication: 'it changes the architecture by repeating layers',
  kasa_config: 'KaSA works on a truncated base',
  arrow_config: 'Arrow routes between adapters at run time',
  alora_invocation_tokens: 'aLoRA is active only after its invocation tokens',
  use_qalora: 'QALoRA pools the inputs',
  use_bdlora: 'BD-LoRA stores block-diagonal factors',
  monteclora_config: 'MonteCLoRA samples its factors',
  velora_config: 'VeLoRA is not supported yet',
  target_parameters: 'it patches the parameters of experts',
  trainable_token_indices: 'it stores whole token rows of the old base',
  enable_lora: 'it is a legacy MergedLinear patch',
};

/** Why this configuration as a whole cannot be ported; empty if it can. */
export function refusedSettings(config: AdapterConfig): string[] {
  const reasons = Object.entries(REFUSED)
    .filter(([key]) => isSet(config[key]))
    .map(([key, why]) => `${key} is set: ${why}.`);
  const init = config.init_lora_weights;
  if (typeof init === 'string' && MUTATED_BASE.test(init))
    reasons.push(
      `init_lora_weights is "${init}": the patch is relative to a changed base. Convert it with PEFT first.`,
    );
  return reasons;
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Settings that PEFT is known to write and that change nothing about what the tensors mean. */
const HARMLESS = new Set([
  ...Object.keys(ADAPTER_CONFIG.shape),
  ...Object.keys(REFUSED),
  'task_type',
  'inference_mode',
  'auto_mapping',
  'target_modules',
  'exclude_modules',
  'modules_to_save',
  'layers_to_transform',
  'layers_pattern',
  'lora_dropout',
  'bias',
  'loftq_config',
  'eva_config',
  'corda_config',
  'lora_ga_config',
  'megatron_config',
  'megatron_core',
  'qalora_group_size',
  'ensure_weight_tying',
  'runtime_config',
]);

/** A warning that names the settings nobody here knows: one of them may change the arithmetic. */
export function unknownSettings(config: AdapterConfig): string[] {
  const unknown = Object.keys(config).filter((key) => !HARMLESS.has(key) && isSet(config[key]));
  if (unknown.length === 0) return [];
  return [`adapter_config.json sets ${unknown.join(', ')}, unknown to this version: is it more than a plain LoRA?`];
}
