import { activationOf, decoder, type Family, type FamilyInput } from './decoder.ts';
import type { Architecture } from '../architecture.ts';

export const HEAD_SIZE = 256;
export const GEMMA_LENGTH = 8192;

/** Scaled embeddings and norms that multiply with weight + 1. */
export const gemma: Family = (input) => {
  const { hidden_act: act } = input.config;
  // Early files say "gelu" and mean its tanh form (transformers' configuration_gemma.py).
  const activation = act == null || act === 'gelu' ? 'gelu_tanh' : activationOf(act);
  return {
    ...decoder(input, { maxLength: GEMMA_LENGTH, keyValueHeads: 16, headSize: HEAD_SIZE }),
    ...gemmaNorms(input),
    activation,
  };
};

export function gemmaNorms({ config }: FamilyInput): Pick<Architecture, 'normsPlusOne' | 'embeddingScale' | 'biases'> {
  const bias = config.attention_bias ?? false;
  return {
    normsPlusOne: true,
    embeddingScale: Math.fround(Math.sqrt(config.hidden_size)),
    biases: { queryKeyValue: bias, output: bias, feedForward: false },
  };
}
