import type { DecoderConfig } from '../config.ts';
import { decoder, layersOf, slides, type Family } from './decoder.ts';

/** Biases on queries, keys and values; upper layers may slide. */
export const qwen2: Family = (input) => ({
  ...decoder(input, { maxLength: 32_768, keyValueHeads: 32 }),
  layers: layersOf(input.config, upperWindow(input.config)),
  biases: { queryKeyValue: true, output: false, feedForward: false },
});

/** `sliding_window` counts only with `use_sliding_window`, from layer `max_window_layers` on. */
export function upperWindow(config: DecoderConfig): (layer: number) => number | undefined {
  const window = config.use_sliding_window ? (config.sliding_window ?? undefined) : undefined;
  const sliding = slides(config, (layer) => layer >= (config.max_window_layers ?? 28));
  return (layer) => (sliding(layer) ? window : undefined);
}
