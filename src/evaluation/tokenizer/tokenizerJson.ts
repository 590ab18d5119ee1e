import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { brief } from '../../base/quote.ts';
import { tokenId } from '../../checkpoint/vocabulary/tokenId.ts';
import type { AddedToken, BpeModel, TokenizerSpec } from './spec.ts';

const COMPONENT = z.looseObject({ type: z.string() }).nullish();
const FLAG = z.boolean().nullish();
/** It is put to every word. */
const AFFIX = z.string().max(100, 'it is longer than 100 characters').nullish();
export const ADDED_TOKEN = z.object({
  content: z.string(),
  single_word: FLAG,
  lstrip: FLAG,
  rstrip: FLAG,
  normalized: FLAG,
  special: FLAG,
});
/** Tables of 256,000 tokens are checked entry by entry while they are read: zod would take seconds. */
export const TABLE = z.custom<object>((value) => typeof value === 'object' && value !== null, 'it is no vocabulary');
const TOKENIZER = z.looseObject({
  added_tokens: z.array(ADDED_TOKEN.extend({ id: z.number() })).nullish(),
  normalizer: COMPONENT,
  pre_tokenizer: COMPONENT,
  post_processor: COMPONENT,
  decoder: COMPONENT,
  model: z.looseObject({
    type: z.string().nullish(),
    vocab: TABLE,
    merges: z.custom<unknown[]>(Array.isArray, 'it is no list of merges').nullish(),
    unk_token: z.string().nullish(),
    unk_id: z.number().int().nonnegative().nullish(),
    continuing_subword_prefix: AFFIX,
    end_of_word_suffix: AFFIX,
    fuse_unk: FLAG,
    byte_fallback: FLAG,
    ignore_merges: FLAG,
  }),
});
type ModelJson = z.output<typeof TOKENIZER>['model'];

export interface TokenizerJson {
  readonly spec: TokenizerSpec;
  /** The added tokens with the ids that the file gives them. */
  readonly declared: readonly (readonly [id: number, token: AddedToken])[];
  readonly mentionsByteLevel: boolean;
}

/**
 * @param path how a person knows the file
 * @throws InputError if it is not a tokenizer.json of a kind that PortLLM reproduces
 */
export async function readTokenizerJson(file: string, path: string): Promise<TokenizerJson> {
  const json = await readJsonFile(file, TOKENIZER, path);
  const parts = {
    normalizer: json.normalizer ?? null,
    pre_tokenizer: json.pre_tokenizer ?? null,
    post_processor: json.post_processor ?? null,
    decoder: json.decoder ?? null,
  };
  const declared = (json.added_tokens ?? []).map((token) => [token.id, addedToken(token)] as const);
  return {
    spec: { ...parts, added_tokens: declared.map(([, token]) => token), model: modelOf(json.model, path) },
    declared,
    mentionsByteLevel: JSON.stringify(parts).includes('"ByteLevel"'),
  };
}

/** The defaults of tokenizers' AddedToken. */
export function addedToken(json: z.output<typeof ADDED_TOKEN>): AddedToken {
  const special = json.special ?? false;
  return {
    content: json.content,
    single_word: json.single_word ?? false,
    lstrip: json.lstrip ?? false,
    rstrip: json.rstrip ?? false,
    normalized: json.normalized ?? !special,
    special,
  };
}

/** Files from before tokenizers 0.9 do not say their model's type. */
function modelOf(json: ModelJson, path: string): BpeModel {
  const type = json.type ?? (Array.isArray(json.vocab) ? 'Unigram' : json.merges ? 'BPE' : 'WordPiece');
  if (type === 'BPE') return bpeModel(json, path);
  throw new InputError(
    `${path} is a ${brief(type, 40)} tokenizer, which PortLLM does not reproduce.`,
    'The tokenizers of the supported families are BPE. Evaluate this model with lm-eval itself.',
  );
}

function bpeModel(json: ModelJson, path: string): BpeModel {
  return {
    type: 'BPE',
    vocab: vocabOfTable(json.vocab, path),
    merges: (json.merges ?? []).map((merge, i) => mergeOf(merge, `merge ${i}`, path)),
    unk_token: json.unk_token ?? null,
    continuing_subword_prefix: json.continuing_subword_prefix ?? null,
    end_of_word_suffix: json.end_of_word_suffix ?? null,
    fuse_unk: json.fuse_unk ?? false,
    byte_fallback: json.byte_fallback ?? false,
    ignore_merges: json.ignore_merges ?? false,
  };
}

/** JSON.parse makes __proto__ an ordinary key; a Map keeps it one. */
export function vocabOfTable(table: object, path: string): Map<string, number> {
  const ids = table as Readonly<Record<string, unknown>>;
  return new Map(Object.keys(table).map((token) => [token, tokenId(ids[token], token, path)]));
}

/** Older files write "a b", newer ones ["a", "b"]. */
export function mergeOf(merge: unknown, place: string, path: string): readonly [string, string] {
  const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
  if (Array.isArray(parts) && parts.length === 2) {
    const [left, right] = parts as unknown[];
    if (typeof left === 'string' && typeof right === 'string') return [left, right];
  }
  throw new InputError(`${path}: ${place} is not a pair of tokens.`);
}
