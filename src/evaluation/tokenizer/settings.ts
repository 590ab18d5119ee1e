import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import { tokenIdOfKey } from '../../checkpoint/vocabulary/tokenId.ts';
import type { AddedToken } from './spec.ts';
import { ADDED_TOKEN, addedToken } from './tokenizerJson.ts';

/** A special token as a setting gives it: a bare text, or with the ways in which it is found. */
export type SpecialSetting = string | AddedToken;

/** tokenizer_config.json, of transformers 4 or 5, over the defaults of the tokenizer's class. */
export interface Settings {
  readonly flag: (key: string) => boolean | undefined;
  /** The text of a token, by the name of its setting. */
  readonly text: (key: string) => string | null;
  readonly maxLength: number | undefined;
  /** bos_token, eos_token … in transformers' order, then the model's own (image_token …). */
  readonly named: ReadonlyMap<string, SpecialSetting>;
  readonly extra: readonly SpecialSetting[];
  /** By id, in the order of the ids. */
  readonly added: readonly (readonly [id: number, token: AddedToken])[];
}

export type Json = Readonly<Record<string, unknown>>;

/** SPECIAL_TOKENS_ATTRIBUTES of tokenization_utils_base.py. */
const NAMES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;
/** What lm-eval and transformers take for no limit is 10^30; nothing above a million is one. */
const MAX_LENGTH = 1_000_000;

const SPECIAL = z.union([z.string(), ADDED_TOKEN]);
const CONFIG = z.looseObject({
  tokenizer_class: z.string().nullish(),
  model_max_length: z.number().nullish(),
  max_len: z.number().nullish(),
  added_tokens_decoder: z.record(z.string(), ADDED_TOKEN).nullish(),
  additional_special_tokens: z.array(SPECIAL).nullish(),
  extra_special_tokens: z.union([z.array(SPECIAL), z.record(z.string(), SPECIAL)]).nullish(),
});
export const TOKENIZER_CONFIG = CONFIG;
export type TokenizerConfig = z.output<typeof CONFIG>;

/** The files of the time before added_tokens_decoder, read only where there is none. */
export interface LegacyFiles {
  readonly specialTokensMap: Json | undefined;
  /** added_tokens.json: text to id. */
  readonly addedTokens: ReadonlyMap<string, number> | undefined;
  /** added_tokens of tokenizer.json, by the ids given there. */
  readonly ofTokenizerJson: readonly (readonly [id: number, token: AddedToken])[];
}

/**
 * PreTrainedTokenizerBase._from_pretrained of transformers 5.23.0.
 *
 * @param defaults the class's own special tokens
 */
export function readSettings(config: TokenizerConfig, legacy: LegacyFiles, defaults: Json, path: string): Settings {
  const modern = config.added_tokens_decoder != null;
  const map = modern ? {} : (legacy.specialTokensMap ?? {});
  const written: Json = { ...config, ...map };
  const all: Json = { ...defaults, ...written };
  const given = new Map(NAMES.map((name) => [name, special(all[name], `${path}: ${name}`)]));
  const extra = extraTokens(all, path);
  const added = modern ? decoderTokens(config, path) : legacyTokens(legacy, given, extra);
  const byText = new Map(added.map(([, token]) => [token.content, token]));
  const named = new Map<string, SpecialSetting>();
  for (const [name, token] of given)
    if (token !== undefined)
      named.set(name, (Object.hasOwn(written, name) ? byText.get(textOf(token)) : undefined) ?? token);
  for (const [name, token] of ownTokens(all, path)) named.set(name, token);
  const maxLength = config.model_max_length ?? config.max_len ?? 0;
  return {
    flag: (key) => (typeof all[key] === 'boolean' ? all[key] : undefined),
    text: (key) => (named.has(key) ? textOf(named.get(key) ?? '') : null),
    maxLength: Number.isInteger(maxLength) && maxLength > 0 && maxLength <= MAX_LENGTH ? maxLength : undefined,
    named,
    extra,
    added,
  };
}

export function textOf(token: SpecialSetting): string {
  return typeof token === 'string' ? token : token.content;
}

/** An object is special whether it says so or not. */
function special(value: unknown, place: string): SpecialSetting | undefined {
  if (value === undefined || value === null) return undefined;
  const result = SPECIAL.safeParse(value);
  if (!result.success) throw new InputError(`${brief(place, 1000)} is no token.`);
  return typeof result.data === 'string' ? result.data : addedToken({ ...result.data, special: true });
}

/** A list; a table names tokens of the model instead. */
function extraTokens(all: Json, path: string): SpecialSetting[] {
  const extra = all.extra_special_tokens;
  const isEmpty = extra == null || (typeof extra === 'object' && Object.keys(extra).length === 0);
  const list: unknown = isEmpty ? all.additional_special_tokens : extra;
  if (!Array.isArray(list)) return [];
  return list.map((token) => special(token, `${path}: extra_special_tokens`)).filter((token) => token !== undefined);
}

/** image_token, boi_token …: every further setting whose name ends so, and the table of extra_special_tokens. */
function ownTokens(all: Json, path: string): [string, SpecialSetting][] {
  const extra = all.extra_special_tokens;
  const table = typeof extra === 'object' && !Array.isArray(extra) ? (extra ?? {}) : {};
  const names = NAMES as readonly string[];
  return Object.entries({ ...all, ...table }).flatMap(([name, value]): [string, SpecialSetting][] => {
    const isToken =
      Object.hasOwn(table, name) || (name.endsWith('_token') && !names.includes(name) && isTokenValue(value));
    const token = isToken ? special(value, `${path}: ${name}`) : undefined;
    return token === undefined ? [] : [[name, token]];
  });
}

function isTokenValue(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && 'content' in value);
}

function decoderTokens({ added_tokens_decoder: decoder }: TokenizerConfig, path: string): [number, AddedToken][] {
  return byId(
    Object.entries(decoder ?? {}).map(([key, token]) => [tokenIdOfKey(key, token.content, path), addedToken(token)]),
  );
}

function legacyTokens(
  { addedTokens, ofTokenizerJson }: LegacyFiles,
  named: ReadonlyMap<string, SpecialSetting | undefined>,
  extra: readonly SpecialSetting[],
): [number, AddedToken][] {
  const specials = new Set([...named.values(), ...extra].map((token) => token && textOf(token)));
  const tokens = new Map<number, AddedToken>();
  for (const [content, id] of addedTokens ?? [])
    tokens.set(id, addedToken({ content, special: specials.has(content), normalized: !specials.has(content) }));
  for (const [id, token] of ofTokenizerJson) tokens.set(id, token);
  return byId([...tokens]);
}

function byId(tokens: [number, AddedToken][]): [number, AddedToken][] {
  return tokens.sort(([a], [b]) => a - b);
}
