import { decoder, layersOf, type Family } from './decoder.ts';

/** Llama with a window on every layer, where there is one. */
export const mistral: Family = (input) => ({
  ...decoder(input),
  layers: layersOf(input.config, () => input.config.sliding_window ?? undefined),
});
