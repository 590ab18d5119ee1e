import { addTokens, NO_ADDED_TOKENS, type AddedVocabulary, type ModelVocabulary } from './addedVocabulary.ts';
import { templatesOf } from './templates.ts';
import { textOf, type Settings, type SpecialSetting } from './settings.ts';
import type { BACKEND, RebuildingClass } from './tokenizerClass.ts';
import type { AddedToken, Component, TokenizerSpec } from './spec.ts';
import { addedToken } from './tokenizerJson.ts';

/** The tokenizer that transformers ends up with: its backend's parts, and every token. */
export interface Effective {
  readonly spec: TokenizerSpec;
  /** The post-processor that add_bos_token=True makes instead of the one above. */
  readonly withBos: Component;
  readonly added: AddedVocabulary;
  readonly model: ModelVocabulary;
  readonly idOf: (token: string) => number | undefined;
}

/** What a tokenizer was made of, before its special tokens. */
export interface Base {
  readonly name: RebuildingClass | typeof BACKEND;
  readonly spec: TokenizerSpec;
  /** From vocab.json and merges.txt: only then add_bos_token and add_eos_token of the settings count. */
  readonly fromTables: boolean;
}

/** TokenizersBackend.__init__ of transformers 5.23.0, with what its subclasses do after it. */
export function effective(base: Base, settings: Settings): Effective {
  const model = vocabularyOf(base.spec.model);
  const written = addTokens(NO_ADDED_TOKENS, base.spec.added_tokens, model);
  const completed = addTokens(written, missingTokens(settings, written), model);
  const added = addTokens(completed, tokensOfClass(base.name, settings), model);
  const idOf = (token: string): number | undefined => added.ids.get(token) ?? model.idOf(token);
  const { own: template, withBos } = templatesOf(base, settings, idOf);
  return { spec: { ...base.spec, post_processor: template }, withBos, added, model, idOf };
}

function vocabularyOf({ vocab }: TokenizerSpec['model']): ModelVocabulary {
  return { size: vocab.size, idOf: (token) => vocab.get(token) };
}

/** Those of the settings that are not added yet; a named one is special even if its entry does not say so. */
function missingTokens({ added, named, extra }: Settings, written: AddedVocabulary): AddedToken[] {
  const tokens: SpecialSetting[] = added.map(([, token]) => token);
  const known = new Set([...written.ids.keys(), ...tokens.map(textOf)]);
  const taken = new Set(tokens.map((token) => JSON.stringify(token)));
  for (const token of [...named.values(), ...extra]) {
    const text = JSON.stringify(token);
    if (!known.has(textOf(token)) && !taken.has(text)) tokens.push(token);
    taken.add(text);
  }
  const names = new Set([...named.values()].map(textOf));
  return tokens.map((token) =>
    typeof token === 'string'
      ? addedToken({ content: token, special: true })
      : { ...token, special: token.special || names.has(token.content) },
  );
}

/** Qwen2Tokenizer.__init__ adds its special tokens once more, as plain ones; CohereTokenizer's _post_init as they are. */
function tokensOfClass(name: Base['name'], { named, extra }: Settings): AddedToken[] {
  const tokens = [...named.values(), ...extra];
  if (name === 'Qwen2Tokenizer') return tokens.map((token) => addedToken({ content: textOf(token), special: true }));
  if (name !== 'CohereTokenizer') return [];
  return tokens.map((token) =>
    addedToken({ ...(typeof token === 'string' ? { content: token } : token), special: true }),
  );
}
