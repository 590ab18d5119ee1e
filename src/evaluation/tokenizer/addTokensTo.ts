import type { AddedVocabulary } from './addedVocabulary.ts';
import type { Library, LibraryToken } from './library.ts';
import { TokenSplitter } from './tokenSplitter.ts';

/**
 * What the constructor of @huggingface/tokenizers 0.2.0 does with added tokens (Tokenizer.ts), with splitters and lists that stay
 * fast however many and however long they are.
 */
export function addTokensTo(library: Library, added: AddedVocabulary): void {
  const { model, normalizer, added_tokens_map: byText } = library;
  const [plain, normalized]: [string[], string[]] = [[], []];
  const special = new Set<string>();
  for (const [id, token] of added.tokens) {
    const own: LibraryToken = { id, ...token, special: added.special.has(token.content) };
    model.tokens_to_ids.set(token.content, id);
    model.vocab[id] = token.content;
    if (own.special) special.add(token.content);
    byText.set(token.content, own);
    if (!token.normalized || !normalizer?.normalize) plain.push(token.content);
    else {
      const text = normalizer.normalize(token.content);
      normalized.push(text);
      byText.set(text, own);
    }
  }
  library.splitter_unnormalized = new TokenSplitter(plain);
  library.splitter_normalized = new TokenSplitter(normalized);
  library.special_tokens = { includes: (token) => special.has(token) };
}
