import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../base/errors.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { brief } from '../base/quote.ts';
import { resolveInside } from '../checkpoint/shards.ts';

export const CONFIG_FILE = 'adapter_config.json';

const PATTERN = z.record(z.string(), z.number()).nullish();
/** AdaLoRA keeps masks here instead of ranks. */
const RANK_PATTERN = z.record(z.string(), z.union([z.number(), z.array(z.boolean())])).nullish();
const NAMES = z.array(z.string()).nullish();
/** Each is looked for in every module. */
const FEW_NAMES = z.array(z.string()).max(1000, 'there are more than 1000').nullish();
const INDICES = z.array(z.number().int().nonnegative());

/** adapter_config.json as PEFT ≤ 0.21 writes it; unknown keys are kept. */
export const ADAPTER_CONFIG = z.looseObject({
  peft_type: z.string().nullish(),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  r: z.number().nullish(),
  /** `alpha` is LoHa's and LoKr's. */
  alpha: z.number().nullish(),
  lora_alpha: z.number().nullish(),
  /** AdaLoRA's rank before pruning. */
  init_r: z.number().nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  fan_in_fan_out: z.boolean().nullish(),
  rank_pattern: RANK_PATTERN,
  alpha_pattern: PATTERN,
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  modules_to_save: NAMES,
  trainable_token_indices: z.union([INDICES, z.record(z.string(), INDICES)]).nullish(),
  /** Of the type TRAINABLE_TOKENS. */
  token_indices: INDICES.nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  target_parameters: NAMES,
  ensure_weight_tying: z.boolean().nullish(),
  use_bdlora: z
    .looseObject({
      nblocks: z.number().int().positive().nullish(),
      target_modules_bd_a: FEW_NAMES,
      target_modules_bd_b: FEW_NAMES,
    })
    .or(z.boolean())
    .nullish(),
  feedforward_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  projection_prng_key: z.number().nullish(),
  block_share: z.boolean().nullish(),
  coft: z.boolean().nullish(),
  eps: z.number().nullish(),
  use_cayley_neumann: z.boolean().nullish(),
  num_cayley_neumann_terms: z.number().int().positive().max(100).nullish(),
  peft_version: z.string().nullish(),
  /** MLX-LM's. */
  lora_parameters: z
    .looseObject({ rank: z.number().nullish(), scale: z.number().nullish(), alpha: z.number().nullish() })
    .nullish(),
  fine_tune_type: z.string().nullish(),
});

export type AdapterConfig = z.output<typeof ADAPTER_CONFIG>;

/** Methods whose effect is no change of weights, each with what it is instead. */
const OTHER_METHODS: Readonly<Record<string, string>> = {
  PROMPT_TUNING: 'it trains a prompt, not weights',
  MULTITASK_PROMPT_TUNING: 'it trains prompts, not weights',
  P_TUNING: 'it trains an encoder of prompts, not weights',
  PREFIX_TUNING: 'it trains keys and values before the prompt, not weights',
  CPT: 'it trains a prompt, not weights',
  CARTRIDGE: 'it trains keys and values before the prompt, not weights',
  ADAPTION_PROMPT: 'it adds a gated prompt to attention, not weights',
  XLORA: 'it mixes adapters at run time',
  POLY: 'it mixes adapters at run time',
};
const PORTED_METHODS = [
  'LORA',
  'ADALORA',
  'LOHA',
  'LOKR',
  'IA3',
  'VERA',
  'OFT',
  'BOFT',
  'LN_TUNING',
  'TRAINABLE_TOKENS',
];
const NEED_ALPHA = new Set(['LORA', 'ADALORA', 'LOHA', 'LOKR']);

/** MLX-LM writes its own settings under PEFT's file name. */
export function isMlx(config: AdapterConfig): boolean {
  return config.peft_type == null && (config.lora_parameters != null || config.lora_layers != null);
}

/** @throws InputError if adapter_config.json is missing, malformed, or of a method that is not ported */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig> {
  const path = join(folder, CONFIG_FILE);
  const config = await readJsonFile(await resolveInside(folder, CONFIG_FILE), ADAPTER_CONFIG, path);
  if (isMlx(config)) return config;
  const type = config.peft_type;
  if (type == null) throw new InputError(`${path} has no peft_type.`, 'Choose an adapter folder that PEFT has saved.');
  if (!PORTED_METHODS.includes(type)) {
    const reason = Object.hasOwn(OTHER_METHODS, type) ? OTHER_METHODS[type] : 'its formula is not known here';
    throw new InputError(
      `${path}: patches of the type ${type.slice(0, 40)} cannot be ported: ${reason}.`,
      `These can: ${PORTED_METHODS.join(', ')}.`,
    );
  }
  if (NEED_ALPHA.has(type) && config.lora_alpha == null && config.alpha == null)
    throw new InputError(
      `${path} has no lora_alpha, so the patch's scale is unknown.`,
      'Add the lora_alpha that it was trained with.',
    );
  return config;
}

const MUTATED_BASE = /^(pissa|olora|corda|lora_ga|loftq)/;

/** Settings that change what the tensors mean, each with why such a patch is refused. */
const REFUSED: Record<string, string> = {
  layer_replication: 'it changes the architecture by repeating layers',
  kasa_config: 'KaSA works on a truncated base',
  arrow_config: 'Arrow routes between adapters at run time',
  alora_invocation_tokens: 'aLoRA is active only after its invocation tokens',
  use_qalora: 'QALoRA pools the inputs',
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
      `init_lora_weights is "${brief(init)}": the patch is relative to a changed base. Convert it with PEFT first.`,
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
  ...['task_type', 'inference_mode', 'auto_mapping', 'exclude_modules', 'layers_to_transform', 'layers_pattern'],
  ...['lora_dropout', 'bias', 'lora_bias', 'runtime_config', 'megatron_config', 'megatron_core'],
  ...['loftq_config', 'eva_config', 'corda_config', 'lora_ga_config', 'qalora_group_size'],
  // They change how a LoRA is trained, not what it is.
  ...['monteclora_config', 'velora_config'],
  ...['rank_dropout', 'module_dropout', 'init_weights', 'use_effective_conv2d', 'vera_dropout', 'd_initial'],
  ...['save_projection', 'decompose_both', 'decompose_factor', 'rank_dropout_scale', 'init_ia3_weights'],
  ...['oft_block_size', 'boft_block_size', 'boft_block_num', 'boft_n_butterfly_factor', 'boft_dropout'],
  ...['target_r', 'tinit', 'tfinal', 'deltaT', 'beta1', 'beta2', 'orth_reg_weight', 'total_step'],
]);

/** A warning that names the settings nobody here knows: one of them may change the arithmetic. */
export function unknownSettings(config: AdapterConfig): string[] {
  const unknown = Object.keys(config).filter((key) => !HARMLESS.has(key) && isSet(config[key]));
  if (unknown.length === 0) return [];
  return [
    `adapter_config.json sets ${brief(unknown.join(', '))}, unknown to this version: is it more than a plain LoRA?`,
  ];
}
