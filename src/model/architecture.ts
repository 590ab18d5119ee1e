import type { RopeFrequencies } from './rope.ts';

/** What differs from layer to layer. */
export interface DecoderLayer {
  /** A token sees itself and so many before it, less one; undefined: all before it. */
  readonly window: number | undefined;
  /** Its entry in `ropes`. */
  readonly rope: number;
}

/**
 * A decoder, as its config.json says it is. The families differ in these values only; formulas are transformers'
 * `modeling_<family>.py`.
 */
export interface Architecture {
  /** The class in transformers: LlamaForCausalLM … */
  readonly name: string;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  readonly layers: readonly DecoderLayer[];
  readonly ropes: readonly Rope[];
  /** Positions that the model was made for. */
  readonly maxLength: number;
  readonly epsilon: number;
  /** Norms multiply with weight + 1 (Gemma). */
  readonly normsPlusOne: boolean;
  /** Queries and keys are normed, head by head. */
  readonly headNorms: boolean;
  /** Norms after attention and feed-forward too, before they are added (Gemma 2 and 3). */
  readonly sandwichNorms: boolean;
  readonly activation: Activation;
  /** What embeddings are multiplied with. */
  readonly embeddingScale: number;
  /** What queries · keys are multiplied with. */
  readonly attentionScale: number;
  /** x ← cap · tanh(x / cap) of the attention scores and of the logits. */
  readonly attentionCap: number | undefined;
  readonly logitCap: number | undefined;
  readonly biases: { readonly queryKeyValue: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** One qkv_proj and one gate_up_proj (Phi-3). */
  readonly fused: boolean;
  readonly tied: boolean;
}

export type Activation = 'silu' | 'gelu_tanh' | 'gelu';

/** Rotary embedding of the first `dimension` elements of each head. */
export interface Rope {
  readonly dimension: number;
  /** For sequences of so many tokens; the same object for lengths that are turned alike. */
  frequencies(length: number): RopeFrequencies;
}
