import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effective } from '../../../../src/evaluation/tokenizer/effective.ts';
import { encodePair, encodeText } from '../../../../src/evaluation/tokenizer/encode.ts';
import { readFolder } from '../../../../src/evaluation/tokenizer/readFolder.ts';
import { BOS_MODES, type BosMode } from '../../../../src/evaluation/request.ts';
import { openTokenizer, type Tokenizer } from '../../../../src/evaluation/tokenizer/tokenizer.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { brief, digest, readGolden, writeCase, type Case } from './golden.ts';

const cases = (await readGolden('cases.json')) as readonly Case[];
const { texts, pairs } = (await readGolden('texts.json')) as {
  readonly texts: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
};

/** What @huggingface/tokenizers is known to do otherwise than the Python library is refused, not approximated. */
const REFUSED = new Map([
  ['bare unigram', /is a Unigram tokenizer/],
  ['unigram cleaned up', /is a Unigram tokenizer/],
  ['added tokens of every kind', /counts as a word of its own only/],
  ['special tokens left to the model', /split_special_tokens/],
  ['llama2 with decoder', /counts as a word of its own only/],
]);

describe('openTokenizer refuses', () => {
  for (const [name, reason] of REFUSED)
    it(name, async () => {
      await using folder = await temporaryFolder();
      await writeCase(folder.path, cases.find((golden) => golden.name === name) ?? assert.fail(name));
      await assert.rejects(openTokenizer(folder.path), reason);
    });
});

describe('openTokenizer, as transformers and lm-eval', () => {
  it('has every family and every way of settings', () => {
    assert.equal(cases.length, 43);
    assert.equal(cases.filter(({ encoded }) => typeof encoded !== 'string').length, 4);
    assert.ok(cases.filter(({ pairs }) => 'auto' in pairs).length > 30);
  });

  for (const golden of cases.filter(({ name }) => !REFUSED.has(name)))
    it(golden.name, async () => {
      await using folder = await temporaryFolder();
      await writeCase(folder.path, golden);
      const tokenizer = await openTokenizer(folder.path);
      assert.deepEqual(await backendOf(folder.path), golden.backend);
      assertFacts(tokenizer, golden);
      assertEncoded(tokenizer, golden);
      for (const bos of BOS_MODES) if (bos in golden.pairs) assertAsked(tokenizer, golden, bos);
    });
});

/** In the words of reference.py's backend(). */
async function backendOf(folder: string): Promise<Case['backend']> {
  const { base, settings } = await readFolder(folder);
  const { spec, added } = effective(base, settings);
  const model = Object.entries(spec.model).filter(
    ([key, value]) => key !== 'vocab' && key !== 'merges' && isSet(value),
  );
  return {
    added: [...added.tokens]
      .sort(([a], [b]) => a - b)
      .map(([id, { content, ...flags }]) => [
        id,
        content,
        Object.keys(flags).filter((flag) => flags[flag as 'special']),
      ]),
    normalizer: spec.normalizer,
    pre_tokenizer: spec.pre_tokenizer,
    post_processor: withoutPair(spec.post_processor),
    decoder: spec.decoder,
    model: Object.fromEntries(model),
  };
}

function isSet(value: unknown): boolean {
  return value !== null && value !== false && value !== '' && value !== 0;
}

function withoutPair(component: unknown): unknown {
  if (typeof component !== 'object' || component === null || !('pair' in component)) return component;
  const { pair, ...rest } = component;
  assert.ok(pair);
  return rest;
}

function assertFacts(tokenizer: Tokenizer, { facts }: Case): void {
  assert.deepEqual(
    {
      bos: tokenizer.bos ?? null,
      eos: tokenizer.eos ?? null,
      maxLength: tokenizer.maxLength ?? null,
      size: tokenizer.size,
    },
    { bos: facts.bos, eos: facts.eos, maxLength: facts.maxLength, size: facts.size },
  );
}

function assertEncoded(tokenizer: Tokenizer, { encoded, decoded, facts: { size } }: Case): void {
  const answers = texts.map((text) => {
    const special = tokenizer.encode(text, { special: true });
    const plain = tokenizer.encode(text, { special: false });
    return [special, plain, tokenizer.decode(special), tokenizer.decode(special, { skipSpecial: true })];
  });
  assertAnswers(answers, encoded);
  const sequences = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: (i % 9) + 1 }, (_, j) => (i * 7919 + j * 104729) % size),
  );
  assert.equal(
    digest(sequences.map((ids) => [tokenizer.decode(ids), tokenizer.decode(ids, { skipSpecial: true })])),
    decoded,
  );
}

function assertAsked(tokenizer: Tokenizer, golden: Case, bos: BosMode): void {
  const answers = pairs.map(([context, continuation]) => {
    const pair = encodePair(tokenizer, context, continuation, bos);
    return [pair.context, pair.continuation];
  });
  assertAnswers(answers, golden.pairs[bos] ?? '');
  assert.equal(digest(texts.map((text) => encodeText(tokenizer, text, bos))), golden.texts[bos], bos);
}

function assertAnswers(answers: readonly unknown[], expected: string | readonly unknown[]): void {
  if (typeof expected === 'string') assert.equal(digest(answers), expected);
  else assert.deepEqual(answers.map(brief), expected);
}
