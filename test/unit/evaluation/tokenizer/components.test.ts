import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { decoderOf } from '../../../../src/evaluation/tokenizer/decode.ts';
import { normalizerOf } from '../../../../src/evaluation/tokenizer/normalize.ts';
import { postProcessorOf } from '../../../../src/evaluation/tokenizer/postProcess.ts';
import { preTokenizerOf } from '../../../../src/evaluation/tokenizer/preTokenize.ts';
import { digest, readGolden } from './golden.ts';

interface Component {
  readonly kind: 'pre_tokenizer' | 'normalizer';
  readonly config: { readonly type: string };
  readonly sha256: string;
}

const components = (await readGolden('components.json')) as readonly Component[];
const { texts } = (await readGolden('texts.json')) as { readonly texts: readonly string[] };
const PATH = 'tokenizer.json';

function results({ kind, config }: Component): unknown[] {
  if (kind === 'normalizer') {
    const normalize = normalizerOf(config, PATH);
    return texts.map((text) => normalize({ text, fromStart: true }).text);
  }
  const preTokenize = preTokenizerOf(config, PATH);
  return texts.map((text) => preTokenize({ texts: text === '' ? [] : [text], fromStart: true }).texts);
}

describe('single parts, as tokenizers', () => {
  for (const component of components)
    it(`${component.kind} ${JSON.stringify(component.config).slice(0, 120)}`, () => {
      assert.equal(digest(results(component)), component.sha256);
    });
});

describe('parts of a tokenizer.json', () => {
  it('are refused where PortLLM does not reproduce them', () => {
    for (const make of [normalizerOf, preTokenizerOf, postProcessorOf, decoderOf])
      assert.throws(() => make({ type: 'Unheard' }, PATH), refusal(/tokenizer\.json has a .* of type Unheard/));
    const nested = { type: 'Sequence', normalizers: [{ type: 'Precompiled', precompiled_charsmap: '' }] };
    assert.throws(() => normalizerOf(nested, PATH), refusal(/of type Precompiled/));
  });

  it('are refused where their settings make no sense', () => {
    assert.throws(() => preTokenizerOf({ type: 'Split', pattern: {} }, PATH), refusal(/Split\.pattern/));
    const wrong = { type: 'Split', pattern: { Regex: '(?<never' }, behavior: 'Isolated', invert: false };
    assert.throws(() => preTokenizerOf(wrong, PATH), refusal(/regular expression .*\(\?<never/));
  });

  it('add the ids that a template gives its tokens, whatever they are called', () => {
    const single = [{ SpecialToken: { id: 'start', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
    const template = { type: 'TemplateProcessing', single, special_tokens: { start: { ids: [7, 8] } } };
    assert.deepEqual(postProcessorOf(template, PATH)([1, 2]), [7, 8, 1, 2]);
  });
});

function refusal(message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof InputError && message.test(error.message);
}
