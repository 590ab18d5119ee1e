import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { tokenId, tokenIdOfKey } from './tokenId.ts';
import type { Token } from './vocabulary.ts';

/** Entries are checked one by one afterwards: zod's record drops a token called __proto__. */
const TABLE = z.custom<object>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'it is not a table of tokens and ids',
);
const ADDED = z.looseObject({ id: z.number(), content: z.string() });
const TOKENIZER = z.looseObject({
  model: z.looseObject({ vocab: z.union([TABLE, z.array(z.unknown())], 'it is neither a table nor a list of tokens') }),
  added_tokens: z.array(ADDED).nullish(),
});
const CONFIG = z.looseObject({ added_tokens_decoder: TABLE.nullish() });

export interface TokenizerTokens {
  readonly pieces: readonly Token[];
  readonly added: readonly Token[];
}

/** tokenizer.json of Hugging Face tokenizers: BPE, WordPiece and WordLevel have a table, Unigram has a list. */
export async function readTokenizerJson(file: string, path: string): Promise<TokenizerTokens> {
  const { model, added_tokens: added } = await readJsonFile(file, TOKENIZER, path);
  const { vocab } = model;
  return {
    pieces: Array.isArray(vocab) ? tokensOfList(vocab, path) : tokensOfTable(vocab, path),
    added: (added ?? []).map(({ content, id }) => ({ token: content, id: tokenId(id, content, path) })),
  };
}

/** vocab.json and added_tokens.json: a table of token to id. */
export async function readTokenTable(file: string, path: string): Promise<Token[]> {
  return tokensOfTable(await readJsonFile(file, TABLE, path), path);
}

/** tokenizer_config.json: a table of id to added token. */
export async function readAddedDecoder(file: string, path: string): Promise<Token[]> {
  const { added_tokens_decoder: decoder } = await readJsonFile(file, CONFIG, path);
  return Object.entries(decoder ?? {}).map(([key, value]: [string, unknown]) => {
    const token = contentOf(value);
    if (token === undefined) throw new InputError(`${path}: added_tokens_decoder: ${shown(key)} has no content.`);
    return { token, id: tokenIdOfKey(key, token, path) };
  });
}

/**
 * JSON.parse makes __proto__ an ordinary key, which is listed and found like any other. Keys are looked up because
 * Object.entries takes twice as long for 256,000 of them.
 */
function tokensOfTable(table: object, path: string): Token[] {
  const ids = table as Readonly<Record<string, unknown>>;
  return Object.keys(table).map((token) => ({ token, id: tokenId(ids[token], token, path) }));
}

/** Unigram: the place in the list is the id. */
function tokensOfList(list: readonly unknown[], path: string): Token[] {
  return list.map((entry, id) => {
    const token: unknown = Array.isArray(entry) ? entry[0] : undefined;
    if (typeof token !== 'string')
      throw new InputError(`${path}: model.vocab: entry ${id} is not a piece and a score.`);
    return { token, id: tokenId(id, token, path) };
  });
}

function contentOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('content' in value)) return undefined;
  return typeof value.content === 'string' ? value.content : undefined;
}

function shown(key: string): string {
  return JSON.stringify(key.slice(0, 40));
}
