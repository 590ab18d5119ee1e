import { decoder, layersOf, type Family } from './decoder.ts';
import { upperWindow } from './qwen2.ts';

/** Norms on each head's queries and keys. */
export const qwen3: Family = (input) => {
  const bias = input.config.attention_bias ?? false;
  return {
    ...decoder(input, { maxLength: 32_768, keyValueHeads: 32, headSize: 128 }),
    layers: layersOf(input.config, upperWindow(input.config)),
    headNorms: true,
    biases: { queryKeyValue: bias, output: bias, feedForward: false },
  };
};
