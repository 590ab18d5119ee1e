import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';

/** A token string and the row that it has in the embedding. */
export interface Token {
  readonly token: string;
  readonly id: number;
}

/** Which token string has which id. Every token has one id and every id at most one token. */
export interface Vocabulary {
  /** The files it was read from, by name. */
  readonly source: string;
  /** By id; ids that no token has are undefined. */
  readonly tokens: readonly (string | undefined)[];
  /** A map and not an object: a token may be called __proto__. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Tables are kept by id: a few entries with ids far away would take the memory of a large vocabulary. */
const MOST_IDS_PER_TOKEN = 16;
const MOST_IDS_OF_FEW = 100_000;

/**
 * Where the pieces name a token or an id twice, the first counts: a row that is handed on twice would be two tokens'
 * row. Added tokens win over pieces and over earlier added tokens, as in transformers' tables.
 *
 * @param source the files in the folder that they are from
 * @throws InputError if the ids lie far apart
 */
export function buildVocabulary(
  folder: string,
  source: string,
  pieces: readonly Token[],
  added: readonly Token[] = [],
): Vocabulary {
  const count = pieces.length + added.length;
  const last = Math.max(lastId(pieces), lastId(added));
  if (last > MOST_IDS_OF_FEW + MOST_IDS_PER_TOKEN * count)
    throw new InputError(`${join(folder, source)}: of ${count} tokens one has the id ${last}, far from the others.`);
  const tokens: (string | undefined)[] = [];
  const ids = new Map<string, number>();
  for (const { token, id } of pieces) if (tokens[id] === undefined && !ids.has(token)) put(tokens, ids, token, id);
  for (const { token, id } of added) {
    const idBefore = ids.get(token);
    if (idBefore !== undefined) tokens[idBefore] = undefined;
    const tokenBefore = tokens[id];
    if (tokenBefore !== undefined) ids.delete(tokenBefore);
    put(tokens, ids, token, id);
  }
  while (tokens.length > 0 && tokens.at(-1) === undefined) tokens.pop();
  return { source, tokens, ids };
}

function lastId(tokens: readonly Token[]): number {
  return tokens.reduce((last, { id }) => Math.max(last, id), 0);
}

function put(tokens: (string | undefined)[], ids: Map<string, number>, token: string, id: number): void {
  // Real elements instead of holes: an array with holes skips them in forEach and is slow.
  while (tokens.length < id) tokens.push(undefined);
  tokens[id] = token;
  ids.set(token, id);
}
