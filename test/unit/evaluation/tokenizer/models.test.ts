import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bpeEncoder } from '../../../../src/evaluation/tokenizer/bpe.ts';
import type { BpeModel } from '../../../../src/evaluation/tokenizer/spec.ts';
import { unigramEncoder } from '../../../../src/evaluation/tokenizer/unigram.ts';
import { readGolden } from './golden.ts';

interface Answers {
  readonly texts: readonly string[];
  readonly ids: readonly (readonly number[])[];
}

const golden = (await readGolden('models.json')) as {
  readonly bpe: Answers & { readonly merges: readonly (readonly [string, string])[] };
  readonly unigram: Answers & { readonly vocab: readonly (readonly [string, number])[] };
};

/** As bases.py makes it: characters, bytes, and what each merge makes. */
function bpeModel(): BpeModel {
  const { merges } = golden.bpe;
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const tokens = new Set(['a', 'b', 'c', '▁', ...bytes, ...merges.map((pair) => pair.join(''))]);
  return {
    type: 'BPE',
    vocab: new Map([...tokens].map((token, id) => [token, id])),
    merges,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: true,
    ignore_merges: false,
  };
}

it('BPE merges as tokenizers does, whatever the merges', () => {
  const encode = bpeEncoder(bpeModel(), 'tokenizer.json');
  assert.deepEqual(golden.bpe.texts.map(encode), golden.bpe.ids);
});

it('merges word by word where no token goes on over the mark of the next word', () => {
  const model = bpeModel();
  const crosses = (text: string): boolean => /[^▁]▁/.test(text);
  const merges = model.merges.filter((pair) => !crosses(pair.join('')));
  const vocab = new Map([...model.vocab].filter(([token]) => !crosses(token)));
  const [byWord, whole] = [
    { ...model, vocab, merges },
    { ...model, merges },
  ].map((m) => bpeEncoder(m, 'tokenizer.json'));
  assert.ok(byWord && whole && merges.length > 20);
  for (const text of golden.bpe.texts) assert.deepEqual(byWord(text), whole(text), text);
});

it('Unigram takes the best path as tokenizers does, and the first of equals', () => {
  const { vocab, texts, ids } = golden.unigram;
  const encode = unigramEncoder({ type: 'Unigram', vocab, unk_id: 0, byte_fallback: false }, 'tokenizer.json');
  assert.deepEqual(texts.map(encode), ids);
});
