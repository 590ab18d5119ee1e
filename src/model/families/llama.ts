import { decoder, type Family } from './decoder.ts';

/** Llama 2, 3, 3.1 and what calls itself so. */
export const llama: Family = (input) => {
  const { attention_bias: attention, mlp_bias: feedForward } = input.config;
  const bias = attention ?? false;
  return {
    ...decoder(input, { maxLength: 2048 }),
    biases: { queryKeyValue: bias, output: bias, feedForward: feedForward ?? false },
  };
};
