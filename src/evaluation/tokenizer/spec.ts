/** A token that is found in the text before the model sees it; the names are tokenizer.json's. */
export interface AddedToken {
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** A normalizer, pre-tokenizer, post-processor or decoder as tokenizer.json has it; null where there is none. */
export type Component = { readonly type: string; readonly [key: string]: unknown } | null;

export interface BpeModel {
  readonly type: 'BPE';
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly unk_token: string | null;
  readonly continuing_subword_prefix: string | null;
  readonly end_of_word_suffix: string | null;
  readonly fuse_unk: boolean;
  readonly byte_fallback: boolean;
  readonly ignore_merges: boolean;
}

/** All that encoding and decoding depend on: what transformers' `backend_tokenizer.to_str()` would write. */
export interface TokenizerSpec {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Component;
  readonly pre_tokenizer: Component;
  readonly post_processor: Component;
  readonly decoder: Component;
  readonly model: BpeModel;
}
