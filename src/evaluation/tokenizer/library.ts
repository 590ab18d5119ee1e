import * as huggingface from '@huggingface/tokenizers';
import type { LinearPattern } from './pattern/linearPattern.ts';
import type { AddedToken } from './spec.ts';

/** @huggingface/tokenizers 0.2.0, with the parts that its types do not show: they do not resolve under Node's rules. */
export interface Library {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: (number | undefined)[] };
  decode(
    ids: number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string;
  readonly normalizer: Part | null;
  readonly pre_tokenizer: Part | null;
  readonly decoder: Decoder | null;
  readonly model: Bpe;
  readonly added_tokens_map: Map<string, LibraryToken>;
  splitter_unnormalized: Splitter;
  splitter_normalized: Splitter;
  special_tokens: { includes(token: string): boolean };
}

export type LibraryToken = AddedToken & { readonly id: number };

interface Splitter {
  split(text: string): string[];
}

/** A normalizer, pre-tokenizer or decoder: each has one of the three methods. */
export interface Part {
  readonly config?: { readonly type?: string; readonly content?: string };
  readonly normalizers?: readonly Part[];
  readonly tokenizers?: readonly Part[];
  readonly decoders?: readonly Part[];
  pattern?: RegExp | LinearPattern | null;
  normalize?: (text: string) => string;
  pre_tokenize_text?: (text: string, options?: object) => string | string[];
  decode_chain?: (tokens: string[]) => string[];
}

export interface Decoder extends Part {
  convert_tokens_to_string(tokens: readonly string[]): string;
  text_decoder?: { decode(bytes: Uint8Array): string };
}

export interface Bpe {
  readonly tokens_to_ids: Map<string, number>;
  readonly vocab: string[];
  unk_token_id: number | undefined;
  add_node(queue: { push(node: BpeNode): void }, node: BpeNode): void;
}

export interface BpeNode {
  readonly token: string;
  readonly next: { readonly token: string };
  readonly bias: number;
  score?: number;
}

export const { Tokenizer } = huggingface as unknown as {
  Tokenizer: new (tokenizer: object, config: object) => Library;
};
