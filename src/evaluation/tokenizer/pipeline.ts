import { InputError, UserError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import type { AddedVocabulary } from './addedVocabulary.ts';
import { addTokensTo } from './addTokensTo.ts';
import { Budget, TooLong } from './budget.ts';
import { notReproduced } from './component.ts';
import { guard } from './guard.ts';
import { Tokenizer, type Library } from './library.ts';
import { mend } from './mend.ts';
import { checkParts } from './parts.ts';
import { PatternError } from '../patternError.ts';
import type { TokenizerSpec } from './spec.ts';

/** A tokenizer.json at work. */
export interface Pipeline {
  /** Without special tokens but those in the text. */
  readonly encode: (text: string) => number[];
  readonly decode: (
    ids: readonly number[],
    options: { readonly skipSpecial: boolean; readonly cleanUp: boolean },
  ) => string;
}

/** Real tokenizers have some ten thousand characters in all of their added tokens. */
const MOST_ADDED = 2 ** 18;

/**
 * @huggingface/tokenizers on what transformers would make of the files. On the tokenizers of the known families it encodes
 * as the Python library does (test/golden/tokenizer); where it is known not to, the file is refused.
 *
 * @param splitsSpecial whether special tokens in the text are left to the model (split_special_tokens)
 * @throws InputError if the file has a part that is not reproduced, or is malformed
 */
export function makePipeline(
  spec: TokenizerSpec,
  added: AddedVocabulary,
  splitsSpecial: boolean,
  path: string,
): Pipeline {
  if (splitsSpecial) throw notReproduced(path, 'the setting split_special_tokens');
  checkAdded(added, path);
  checkParts(spec, path);
  const budget = new Budget();
  const library = naming(path, 'it cannot be made', () => open(spec, added, budget));
  return {
    encode: (text) => {
      if (text === '') return [];
      budget.begin(text.length);
      const { ids } = naming(path, 'a text cannot be encoded', () =>
        library.encode(wellFormed(text), { add_special_tokens: false }),
      );
      return ids.map((id) => id ?? unknownToken(spec, path));
    },
    decode: (ids, { skipSpecial, cleanUp }) => {
      const known = ids.filter((id) => library.model.vocab[id] !== undefined);
      if (known.length === 0) return '';
      budget.begin(known.length);
      const options = { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: cleanUp };
      return naming(path, 'tokens cannot be decoded', () => library.decode(known, options));
    },
  };
}

function checkAdded({ tokens }: AddedVocabulary, path: string): void {
  let characters = 0;
  for (const { content, single_word: alone } of tokens.values()) {
    if (alone)
      throw notReproduced(path, `the added token "${brief(content, 40)}", which counts as a word of its own only`);
    characters += content.length;
  }
  if (characters > MOST_ADDED)
    throw new InputError(
      `${path}: the added tokens have ${characters} characters, and no more than ${MOST_ADDED} are looked for.`,
    );
}

/** The post-processor is ours. */
function open(spec: TokenizerSpec, added: AddedVocabulary, budget: Budget): Library {
  const model = { ...spec.model, vocab: {}, merges: [] };
  const parts = { ...spec, model, post_processor: null, added_tokens: [] };
  const library = new Tokenizer(parts, { clean_up_tokenization_spaces: false });
  mend(library, spec.model, added);
  guard(library, spec, budget);
  addTokensTo(library, added);
  return library;
}

/** What the library throws is about what strangers gave it, in words of its own. */
function naming<T>(path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof PatternError) throw notReproduced(path, `a pattern, because ${error.message}`);
    throw new InputError(`${path}: ${what}: ${reasonOf(error)}.`, undefined, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TooLong) return error.message;
  if (error instanceof RangeError) return 'it becomes too long';
  return error instanceof SyntaxError ? 'a pattern is malformed' : 'a part is malformed';
}

/** As BPE in the reference refuses it (UnkTokenOutOfVocabulary). */
function unknownToken({ model }: TokenizerSpec, path: string): never {
  throw new InputError(`${path}: its vocabulary lacks its own unk_token, "${brief(model.unk_token ?? '', 40)}".`);
}

/** Rust has no unpaired surrogates, and Python's tokenizers refuses them; here they become U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
