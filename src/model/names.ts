/** Tensor names of the decoders in transformers (`modeling_<family>.py`). */
export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';
export const FINAL_NORM = 'model.norm.weight';

export function layerPrefix(layer: number): string {
  return `model.layers.${layer}.`;
}
