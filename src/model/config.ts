import { join } from 'node:path';
import * as z from 'zod';
import { readJsonFile } from '../base/jsonFile.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import type { RopeParameters } from './rope.ts';

/** Far beyond any model: what is built layer by layer, or head by head, is bounded before it is built. */
const MOST_LAYERS = 2000;
export const MOST_OF_HEADS = 65_536;
const MOST = 2 ** 31;

const size = sizeUpTo(MOST);

function sizeUpTo(most: number): z.ZodNumber {
  return z.number().int().positive().max(most, `it is larger than ${most}, which no model needs`);
}

/** A word that stands in messages. */
const NAME = z.string().max(200, 'it is longer than 200 characters');

const ROPE = z.looseObject({
  rope_type: NAME.nullish(),
  type: NAME.nullish(),
  rope_theta: z.number().positive().nullish(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().nullish(),
  high_freq_factor: z.number().nullish(),
  original_max_position_embeddings: size.nullish(),
  attention_factor: z.number().nullish(),
  short_factor: z.array(z.number()).nullish(),
  long_factor: z.array(z.number()).nullish(),
  partial_rotary_factor: z.number().positive().max(1).nullish(),
});

/** Transformers 5 nests them by layer type where the types differ (Gemma 3). */
const ROPES = z.looseObject({ ...ROPE.shape, full_attention: ROPE.nullish(), sliding_attention: ROPE.nullish() });

/** The fields of config.json that a decoder's network follows from, as transformers 4 and 5 spell them. */
const DECODER = z.looseObject({
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: sizeUpTo(MOST_LAYERS),
  num_attention_heads: sizeUpTo(MOST_OF_HEADS),
  num_key_value_heads: sizeUpTo(MOST_OF_HEADS).nullish(),
  head_dim: sizeUpTo(MOST_OF_HEADS).nullish(),
  vocab_size: size,
  max_position_embeddings: size.nullish(),
  rms_norm_eps: z.number().positive().nullish(),
  hidden_act: NAME.nullish(),
  hidden_activation: NAME.nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
  sliding_window_pattern: size.nullish(),
  query_pre_attn_scalar: z.number().positive().nullish(),
  attn_logit_softcapping: z.number().positive().nullish(),
  final_logit_softcapping: z.number().positive().nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_local_base_freq: z.number().positive().nullish(),
  rope_scaling: ROPE.nullish(),
  rope_parameters: ROPES.nullish(),
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  original_max_position_embeddings: size.nullish(),
});

export type DecoderConfig = z.output<typeof DECODER>;

/** @throws InputError naming the field that is missing or malformed */
export async function readDecoderConfig(folder: string): Promise<DecoderConfig> {
  const path = await resolveInside(folder, 'config.json');
  return readJsonFile(path, DECODER, join(folder, 'config.json'));
}

/**
 * The rotary embedding of a layer type: `rope_parameters`, or `rope_scaling` beside `rope_theta`
 * (transformers' `convert_rope_params_to_dict`).
 */
export function ropeParameters(config: DecoderConfig, defaultTheta: number, layerType?: LayerType): RopeParameters {
  const { rope_parameters: given, rope_scaling: scaling } = config;
  const nested = layerType === undefined ? undefined : given?.[layerType];
  const own = nested ?? (layerType === 'sliding_attention' ? undefined : (scaling ?? given));
  const flatTheta = layerType === 'sliding_attention' ? config.rope_local_base_freq : config.rope_theta;
  return {
    type: own?.rope_type ?? own?.type ?? 'default',
    theta: own?.rope_theta ?? flatTheta ?? defaultTheta,
    factor: own?.factor ?? undefined,
    lowFrequencyFactor: own?.low_freq_factor ?? undefined,
    highFrequencyFactor: own?.high_freq_factor ?? undefined,
    originalLength: config.original_max_position_embeddings ?? own?.original_max_position_embeddings ?? undefined,
    attentionFactor: own?.attention_factor ?? undefined,
    shortFactors: own?.short_factor ?? undefined,
    longFactors: own?.long_factor ?? undefined,
  };
}

export type LayerType = 'full_attention' | 'sliding_attention';

/** The part of each head that is rotated (Phi-3). */
export function rotatedShare({
  rope_parameters: given,
  rope_scaling: scaling,
  partial_rotary_factor: flat,
}: DecoderConfig): number {
  return (scaling ?? given)?.partial_rotary_factor ?? flat ?? 1;
}
