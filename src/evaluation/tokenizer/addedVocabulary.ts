import type { AddedToken } from './spec.ts';

/** The tokens that stand beside the model's vocabulary, or are found in the text although the model has them too. */
export interface AddedVocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly tokens: ReadonlyMap<number, AddedToken>;
  /** Once special, a text stays special, whatever it is added as later. */
  readonly special: ReadonlySet<string>;
}

/** What the model itself knows. */
export interface ModelVocabulary {
  readonly size: number;
  readonly idOf: (token: string) => number | undefined;
}

/**
 * tokenizers' AddedVocabulary::add_tokens: a token that the model has keeps that id, any other gets the next one.
 * The ids that tokenizer.json gives its added tokens count for nothing there, only their order does.
 */
export function addTokens(
  before: AddedVocabulary,
  tokens: Iterable<AddedToken>,
  model: ModelVocabulary,
): AddedVocabulary {
  const ids = new Map(before.ids);
  const byId = new Map(before.tokens);
  const special = new Set(before.special);
  let next = [...ids.values()].reduce((last, id) => Math.max(last, id + 1), model.size);
  for (const token of tokens) {
    if (token.content === '') continue;
    const id = ids.get(token.content) ?? model.idOf(token.content) ?? next;
    ids.set(token.content, id);
    byId.set(id, token);
    next = Math.max(next, id + 1);
    if (token.special) special.add(token.content);
  }
  return { ids, tokens: byId, special };
}

export const NO_ADDED_TOKENS: AddedVocabulary = { ids: new Map(), tokens: new Map(), special: new Set() };
