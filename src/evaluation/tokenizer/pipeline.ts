import type { AddedVocabulary } from './addedVocabulary.ts';
import { bpeEncoder } from './bpe.ts';
import type { EncodePiece } from './bytes.ts';
import { decoderOf } from './decode.ts';
import { addedTokenFinder, type Section } from './findAdded.ts';
import { normalizerOf, type Normalize } from './normalize.ts';
import { preTokenizerOf } from './preTokenize.ts';
import type { TokenizerSpec } from './spec.ts';
import { unigramEncoder } from './unigram.ts';

/** A tokenizer.json at work: what Hugging Face's tokenizers.Tokenizer does. */
export interface Pipeline {
  /** Without special tokens but those in the text. */
  readonly encode: (text: string) => number[];
  readonly decode: (ids: readonly number[], skipSpecial: boolean) => string;
}

/**
 * The flow of tokenizers' Tokenizer::encode and ::decode. @huggingface/tokenizers' own Tokenizer is not used: it looks
 * ids up by text, ignores single_word and the ids of templates, and needs the patches of the parts beside this file.
 *
 * @param splitsSpecial whether special tokens in the text are left to the model (encode_special_tokens)
 * @throws InputError if the file has a part that PortLLM does not reproduce
 */
export function makePipeline(
  spec: TokenizerSpec,
  added: AddedVocabulary,
  splitsSpecial: boolean,
  path: string,
): Pipeline {
  const normalize = normalizerOf(spec.normalizer, path);
  const texts = textsOf(added, normalize);
  const sections = sectionsOf(added, texts, splitsSpecial, normalize);
  const preTokenize = preTokenizerOf(spec.pre_tokenizer, path);
  const encodePiece = encoderOf(spec, path);
  const decode = decoderOf(spec.decoder, path);
  const tokenOf = tokensById(spec, texts);
  return {
    encode: (text) => {
      const ids: number[] = [];
      for (const section of sections(wellFormed(text))) {
        if ('id' in section) ids.push(section.id);
        else {
          const pieces = preTokenize({ texts: [section.text], fromStart: section.fromStart });
          for (const piece of pieces.texts) for (const id of encodePiece(piece)) ids.push(id);
        }
      }
      return ids;
    },
    decode: (ids, skipSpecial) => {
      const tokens = ids.map(tokenOf).filter((token) => token !== undefined);
      return decode(skipSpecial ? tokens.filter((token) => !added.special.has(token)) : tokens);
    },
  };
}

/** Rust has no unpaired surrogates, and Python's tokenizers refuses them; here they become U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function encoderOf({ model }: TokenizerSpec, path: string): EncodePiece {
  return model.type === 'BPE' ? bpeEncoder(model, path) : unigramEncoder(model, path);
}

/** What an added token is found by and decoded to: a normalised one is not what it was added as. */
function textsOf({ tokens }: AddedVocabulary, normalize: Normalize): Map<number, string> {
  return new Map(
    [...tokens].map(([id, { content, normalized }]) => [
      id,
      normalized ? normalize({ text: content, fromStart: true }).text : content,
    ]),
  );
}

/** AddedVocabulary::extract_and_normalize: what is not normalised is found first, in the text as it came. */
function sectionsOf(
  { tokens, special }: AddedVocabulary,
  texts: ReadonlyMap<number, string>,
  splitsSpecial: boolean,
  normalize: Normalize,
): (text: string) => Section[] {
  const patterns = [...tokens].map(([id, token]) => {
    const ignored = splitsSpecial && special.has(token.content);
    return { id, token, text: texts.get(id) ?? '', ignored };
  });
  const findRaw = addedTokenFinder(patterns.filter(({ token }) => !token.normalized));
  const findNormalized = addedTokenFinder(patterns.filter(({ token }) => token.normalized));
  return (text) =>
    findRaw({ text, fromStart: true }).flatMap((section) =>
      'id' in section ? [section] : findNormalized(normalize(section)),
    );
}

function tokensById({ model }: TokenizerSpec, added: ReadonlyMap<number, string>): (id: number) => string | undefined {
  const tokens: string[] = [];
  if (model.type === 'BPE') for (const [token, id] of model.vocab) tokens[id] = token;
  else model.vocab.forEach(([piece], id) => (tokens[id] = piece));
  return (id) => added.get(id) ?? tokens[id];
}
