import * as huggingface from '@huggingface/tokenizers';
import { InputError } from '../../base/errors.ts';
import type { AddedVocabulary } from './addedVocabulary.ts';
import { mend } from './mend.ts';
import type { TokenizerSpec } from './spec.ts';

/** Its own types do not resolve under Node's rules: their imports have no endings. */
export interface Library {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(
    ids: number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string;
}

const { Tokenizer } = huggingface as unknown as { Tokenizer: new (tokenizer: object, config: object) => Library };

/** A tokenizer.json at work. */
export interface Pipeline {
  /** Without special tokens but those in the text. */
  readonly encode: (text: string) => number[];
  readonly decode: (
    ids: readonly number[],
    options: { readonly skipSpecial: boolean; readonly cleanUp: boolean },
  ) => string;
}

/**
 * @huggingface/tokenizers on what transformers would make of the files. On the tokenizers of the known families it encodes
 * as the Python library does (test/golden/tokenizer); where it is known not to, the file is refused.
 *
 * @param splitsSpecial whether special tokens in the text are left to the model (split_special_tokens)
 * @throws InputError if the file has a part that is not reproduced
 */
export function makePipeline(
  spec: TokenizerSpec,
  added: AddedVocabulary,
  splitsSpecial: boolean,
  path: string,
): Pipeline {
  if (splitsSpecial) throw notReproduced(path, 'the setting split_special_tokens');
  for (const { content, single_word: alone } of added.tokens.values())
    if (alone) throw notReproduced(path, `the added token "${content}", which counts as a word of its own only`);
  const library = open(spec, added, path);
  mend(library);
  return {
    encode: (text) => (text === '' ? [] : library.encode(wellFormed(text), { add_special_tokens: false }).ids),
    decode: (ids, { skipSpecial, cleanUp }) =>
      ids.length === 0
        ? ''
        : library.decode([...ids], { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: cleanUp }),
  };
}

function open(spec: TokenizerSpec, added: AddedVocabulary, path: string): Library {
  const model = { ...spec.model, vocab: Object.fromEntries(spec.model.vocab) };
  const tokens = [...added.tokens].map(([id, token]) => ({ id, ...token, special: added.special.has(token.content) }));
  try {
    return new Tokenizer({ ...spec, model, added_tokens: tokens }, { clean_up_tokenization_spaces: false });
  } catch (error) {
    throw notReproduced(path, error instanceof Error ? error.message : String(error));
  }
}

/** What the reference has and PortLLM has not is refused: a prompt that is cut otherwise would be scored otherwise. */
export function notReproduced(path: string, what: string): InputError {
  return new InputError(
    `${path} has a part that PortLLM does not reproduce: ${what}.`,
    'Evaluate this model with lm-eval itself.',
  );
}

/** Rust has no unpaired surrogates, and Python's tokenizers refuses them; here they become U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
