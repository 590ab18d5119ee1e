import * as huggingface from '@huggingface/tokenizers';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { normalizerParts } from '../../../../src/evaluation/tokenizer/normalizerParts.ts';
import { preTokenizerParts } from '../../../../src/evaluation/tokenizer/preTokenizerParts.ts';
import { digest, readGolden } from './golden.ts';

interface Component {
  readonly kind: 'pre_tokenizer' | 'normalizer';
  readonly config: { readonly type: string; readonly [key: string]: unknown };
  readonly sha256: string;
}

const { SequencePreTokenizer, SequenceNormalizer } = huggingface as unknown as {
  SequencePreTokenizer: new (config: object) => { pre_tokenize(text: string, options: object): string[] };
  SequenceNormalizer: new (config: object) => { normalize(text: string): string };
};
const components = (await readGolden('components.json')) as readonly Component[];
const { texts } = (await readGolden('texts.json')) as { readonly texts: readonly string[] };
const PATH = 'tokenizer.json';

/** What cannot be said in words that the library understands. */
const REFUSED = [
  ...['Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'].map((behavior) => ({ behavior, invert: true })),
  ...['MergedWithPrevious', 'MergedWithNext', 'Contiguous'].map((behavior) => ({ behavior, invert: false })),
];

function isRefused({ config: { type, pattern, behavior, invert } }: Component): boolean {
  if (['Whitespace', 'CharDelimiterSplit'].includes(type)) return true;
  const regex = typeof pattern === 'object' && pattern !== null && 'Regex' in pattern;
  return type === 'Split' && regex && REFUSED.some((rule) => rule.behavior === behavior && rule.invert === invert);
}

/** The library runs the parts on text that is not empty. */
function results({ kind, config }: Component): unknown[] {
  if (kind === 'normalizer') {
    const library = new SequenceNormalizer({ normalizers: normalizerParts(config, PATH) });
    return texts.map((text) => (text === '' ? '' : library.normalize(text)));
  }
  const library = new SequencePreTokenizer({ pretokenizers: preTokenizerParts(config, PATH) });
  return texts.map((text) => (text === '' ? [] : library.pre_tokenize(text, { section_index: 0 })));
}

describe('single parts, as tokenizers', () => {
  for (const component of components)
    it(`${component.kind} ${JSON.stringify(component.config).slice(0, 120)}`, () => {
      if (isRefused(component)) assert.throws(() => results(component), InputError);
      else assert.equal(digest(results(component)), component.sha256);
    });
});
