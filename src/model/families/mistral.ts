import { decoder, layersOf, orDefault, type Family } from './decoder.ts';

const DEFAULT_WINDOW = 4096;

/** Llama with a window on every layer, where there is one. */
export const mistral: Family = (input) => ({
  ...decoder(input, { maxLength: 131_072, keyValueHeads: 8 }),
  layers: layersOf(input.config, () => orDefault(input.config.sliding_window, DEFAULT_WINDOW)),
});
