import type { ModelConfig } from '../../checkpoint/config.ts';
import { InputError } from '../../base/errors.ts';
import type { Activation, Architecture, DecoderLayer } from '../architecture.ts';
import { MOST_OF_HEADS, ropeParameters, type DecoderConfig } from '../config.ts';
import { makeRope } from '../rope.ts';

/** What config.json says and what transformers takes where it says nothing. */
export interface FamilyInput {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly model: ModelConfig;
}

export type Family = (input: FamilyInput) => Architecture;

/** What transformers' `configuration_<family>.py` takes for a field that config.json does not name. */
export interface Defaults {
  readonly maxLength: number;
  readonly headSize?: number;
  /** As many as there are heads, where nothing is said. */
  readonly keyValueHeads?: number;
  readonly epsilon?: number;
}

export const DEFAULT_THETA = 10_000;
const DEFAULT_EPSILON = 1e-6;

/** A decoder as Llama has it; each family names what it does otherwise. */
export function decoder({ name, config, model }: FamilyInput, defaults: Defaults): Architecture {
  const heads = config.num_attention_heads;
  const headSize = config.head_dim ?? defaults.headSize ?? config.hidden_size / heads;
  if (!Number.isInteger(headSize))
    throw new InputError(`config.json: hidden_size ${config.hidden_size} is no multiple of ${heads} heads.`);
  if (headSize > MOST_OF_HEADS)
    throw new InputError(`config.json: ${heads} heads of ${headSize} elements each are not a model's.`);
  const keyValueHeads = orDefault(config.num_key_value_heads, defaults.keyValueHeads) ?? heads;
  if (heads % keyValueHeads !== 0)
    throw new InputError(`config.json: ${heads} heads cannot share ${keyValueHeads} key-value heads.`);
  const maxLength = config.max_position_embeddings ?? defaults.maxLength;
  return {
    name,
    hidden: config.hidden_size,
    intermediate: config.intermediate_size,
    heads,
    keyValueHeads,
    headSize,
    vocabulary: config.vocab_size,
    layers: layersOf(config, () => undefined),
    ropes: [makeRope(ropeParameters(config, DEFAULT_THETA), headSize, maxLength)],
    maxLength,
    epsilon: config.rms_norm_eps ?? defaults.epsilon ?? DEFAULT_EPSILON,
    normsPlusOne: false,
    headNorms: false,
    sandwichNorms: false,
    activation: activationOf(config.hidden_act ?? 'silu'),
    embeddingScale: 1,
    attentionScale: headSize ** -0.5,
    attentionCap: undefined,
    logitCap: undefined,
    biases: { queryKeyValue: false, output: false, feedForward: false },
    fused: false,
    tied: model.tiesEmbeddings,
  };
}

/** `null` says that there is none; a file that does not name it has the default. */
export function orDefault(value: number | null | undefined, byDefault: number | undefined): number | undefined {
  return value === undefined ? byDefault : (value ?? undefined);
}

/** All layers alike, but for the window. */
export function layersOf(config: DecoderConfig, window: (layer: number) => number | undefined): DecoderLayer[] {
  return Array.from({ length: config.num_hidden_layers }, (_, i) => ({ window: window(i), rope: 0 }));
}

/** Whether a layer slides: as `layer_types` says, else by the family's rule. */
export function slides(config: DecoderConfig, byRule: (layer: number) => boolean): (layer: number) => boolean {
  const { layer_types: types } = config;
  return (layer) => (types ? types[layer] === 'sliding_attention' : byRule(layer));
}

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['gelu_new', 'gelu_tanh'],
]);

/** @throws InputError if the network cannot be built with it */
export function activationOf(name: string): Activation {
  const known = ACTIVATIONS.get(name);
  if (known === undefined)
    throw new InputError(
      `config.json: the activation "${name}" is not known.`,
      `Known are ${[...ACTIVATIONS.keys()].join(', ')}.`,
    );
  return known;
}
