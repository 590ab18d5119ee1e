/** Tokenizers of strangers that are made to hang, to swell, or to break the library underneath. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openTokenizer, type Tokenizer } from '../../../../src/evaluation/tokenizer/tokenizer.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { doneSoon, refusedSoon } from '../../safetensors/refusedSoon.ts';

const VOCAB = Object.fromEntries(Array.from('abcdefgh ĠĊ').map((character, id) => [character, id]));
type Json = Readonly<Record<string, unknown>>;

function tokenizerJson(parts: Json = {}, model: Json = {}): string {
  return JSON.stringify({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...parts,
    model: { type: 'BPE', vocab: VOCAB, merges: [], ...model },
  });
}

async function open(parts: Json, model: Json = {}, config?: Json): Promise<Tokenizer> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'tokenizer.json'), tokenizerJson(parts, model));
  if (config !== undefined) await writeFile(join(folder.path, 'tokenizer_config.json'), JSON.stringify(config));
  return await openTokenizer(folder.path);
}

const encode = async (parts: Json, text: string, model: Json = {}): Promise<number[]> =>
  (await open(parts, model)).encode(text, { special: true });
const decode = async (parts: Json, ids: readonly number[], model: Json = {}): Promise<string> =>
  (await open(parts, model)).decode(ids);

const split = (pattern: Json): Json => ({
  pre_tokenizer: { type: 'Split', pattern, behavior: 'Isolated', invert: false },
});
const replace = (pattern: Json, content: string): Json => ({ type: 'Replace', pattern, content });
const many = (component: Json, count: number): Json[] => Array<Json>(count).fill(component);
const normalizers = (components: readonly Json[]): Json => ({
  normalizer: { type: 'Sequence', normalizers: components },
});
const added = (...contents: string[]): Json => ({
  added_tokens: contents.map((content, i) => ({ id: 100 + i, content, special: true })),
});
const A = { Sequence: { id: 'A', type_id: 0 } };
const X = { SpecialToken: { id: 'x', type_id: 0 } };
const template = (single: readonly Json[], ids: readonly number[] = [1]): Json => ({
  type: 'TemplateProcessing',
  single,
  special_tokens: { x: { ids } },
});

describe('a pattern takes linear time:', () => {
  const text = `${'a'.repeat(40)}b`;
  for (const pattern of ['(a+)+$', '(a|a)+$', '(?:a{1,9}){1,9}$', '(?:a*a*a*a*)c', '(?=(?:a+)+$)a'])
    it(pattern, async () => {
      assert.equal((await doneSoon(() => encode(split({ Regex: pattern }), text))).length, 41);
      const normalizer = { normalizer: replace({ Regex: pattern }, 'x') };
      assert.equal((await doneSoon(() => encode(normalizer, text))).length, 41);
      const decoder = { decoder: replace({ Regex: pattern }, 'x') };
      assert.equal((await doneSoon(() => decode(decoder, [0], { vocab: { [text]: 0 } }))).length, 41);
    });

  it('known ones and their own kind, of texts made against them', async () => {
    const llama3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
      '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
    for (const pattern of [llama3, `${llama3}|x`])
      for (const unit of [' ', '\n ', 'a', '.', '1', ' .', "'"]) {
        const text = `${unit.repeat(20_000 / unit.length)}b`;
        await doneSoon(() => encode(split({ Regex: pattern }), text));
      }
  });

  it('a text that is not divided in vain', async () => {
    const pieces = split({ Regex: '(?:a+)+|b' });
    const model = { vocab: { ...VOCAB, aa: 50 }, merges: ['a a'] };
    assert.deepEqual(await encode(pieces, 'aabaaab', model), [50, 1, 50, 0, 1]);
  });
});

describe('a pattern is refused soon', () => {
  const reproduce = /tokenizer\.json has a part that PortLLM does not reproduce: a pattern, because/;
  const cases: Readonly<Record<string, readonly [regex: string, reason: RegExp]>> = {
    'that refers back': ['(a+)\\1+b', reproduce],
    'that repeats nothing': ['(a*)*', reproduce],
    'that looks back far': ['(?<=ab)c', reproduce],
    'that is written out to a million steps': ['(?:a{1000}){1000}', reproduce],
    'that is nested deeply': [`${'(?:'.repeat(500)}a${')'.repeat(500)}`, reproduce],
    'that is none': ['(?<x', /tokenizer\.json: it cannot be made: a pattern is malformed/],
    'of a megabyte': ['\\p{'.repeat(300_000), /its pre_tokenizer is malformed: Split\.pattern/],
  };
  for (const [what, [regex, reason]] of Object.entries(cases))
    it(what, () => refusedSoon(() => encode(split({ Regex: regex }), 'aaa'), reason));
  it('of a large number of steps for a long text', () =>
    refusedSoon(
      () => encode(split({ Regex: `${'a?'.repeat(900)}b` }), 'a'.repeat(50_000)),
      /a text cannot be encoded: it is too long for one of its patterns/,
    ));
});

describe('a text does not swell:', () => {
  const swells = /tokenizer\.json: a text cannot be encoded: its parts make too much of it/;
  it('eight replacements of one by twenty', () =>
    refusedSoon(() => encode(normalizers(many(replace({ String: 'a' }, 'a'.repeat(20)), 8)), 'aaaa'), swells));
  it('one replacement of a long text', () =>
    refusedSoon(() => encode({ normalizer: replace({ String: '' }, 'a'.repeat(256)) }, 'a'.repeat(900_000)), swells));
  it('something before each of very many parts', () =>
    refusedSoon(
      () => encode({ ...added('b'), normalizer: { type: 'Prepend', prepend: 'x'.repeat(256) } }, 'ab'.repeat(200_000)),
      swells,
    ));
  it('thirty decoders that put a space behind each character', () =>
    refusedSoon(
      () => decode({ decoder: { type: 'Sequence', decoders: many({ type: 'BPEDecoder', suffix: '' }, 30) } }, [0, 1]),
      /tokens cannot be decoded: its parts make too much of it/,
    ));
  it('a thousand tokens of a megabyte', () =>
    refusedSoon(
      () => decode({ decoder: { type: 'Fuse' } }, Array<number>(1000).fill(0), { vocab: { ['a'.repeat(900_000)]: 0 } }),
      /tokens cannot be decoded/,
    ));
  it('bytes of bytes', () =>
    refusedSoon(
      () => open({ pre_tokenizer: { type: 'Sequence', pretokenizers: many({ type: 'ByteLevel' }, 30) } }),
      /a pre_tokenizer that spells bytes twice/,
    ));
  it('very many parts', () =>
    refusedSoon(() => open(normalizers(many({ type: 'NFC' }, 20_000))), /a normalizer of more than 40 parts/));
  it('a suffix of every word', () =>
    refusedSoon(
      () => open({}, { end_of_word_suffix: 'x'.repeat(500_000) }),
      /end_of_word_suffix: it is longer than 100/,
    ));
});

describe('a post-processor is refused soon', () => {
  const cases: Readonly<Record<string, readonly [component: Json, reason: RegExp]>> = {
    'that doubles the text thirty times': [
      { type: 'Sequence', processors: many(template([A, A]), 30) },
      /tokenizer\.json: Sequence\.processors: there are too many/,
    ],
    'that doubles the text': [template([A, A]), /its post_processor does not hold the text once/],
    'that drops the text': [template([X]), /its post_processor does not hold the text once/],
    'that adds very many tokens': [template([A, X], Array<number>(2000).fill(1)), /adds more than 1000 tokens/],
    'that adds many tokens many times': [template([A, ...many(X, 900)], [1, 1, 1]), /adds more than 1000 tokens/],
    'that adds half a token': [template([A, X], [0.5]), /gives the token "x" the id 0\.5, which is not a row number/],
    'that adds a token below the first': [template([A, X], [-1]), /the id -1/],
    'that adds a token of an absurd number': [template([A, X], [1e300]), /the id 1e\+300/],
    'that begins with half a token': [{ type: 'BertProcessing', cls: ['c', 0.5], sep: ['s', 1] }, /"c" the id 0\.5/],
    'that adds a property of objects': [
      template([A, { SpecialToken: { id: 'constructor', type_id: 0 } }]),
      /adds the token "constructor" and does not say which it is/,
    ],
    'of sequences within sequences': [
      [1, 2, 3].reduce<Json>((inner) => ({ type: 'Sequence', processors: [inner] }), template([A])),
      /sequences within sequences/,
    ],
  };
  for (const [what, [component, reason]] of Object.entries(cases))
    it(what, () => refusedSoon(() => encode({ post_processor: component }, 'abc'), reason));
});

describe('added tokens', () => {
  it('are found in time linear in the text, however long they are', async () => {
    const parts = added('a'.repeat(200_000) + 'b', 'a');
    const ids = await doneSoon(() => encode(parts, 'a'.repeat(200_000)));
    assert.equal(ids.length, 200_000);
  });
  it('have no more characters than any tokenizer has', () =>
    refusedSoon(
      () => open(added('a'.repeat(400_000) + 'b')),
      /tokenizer\.json: the added tokens have 400001 characters, and no more than 262144 are looked for/,
    ));
  it('may be five thousand settings', async () => {
    const settings = { extra_special_tokens: Array.from({ length: 5000 }, (_, i) => `t${i}`) };
    assert.equal((await doneSoon(() => open({}, {}, settings))).size, 5011);
  });
  it('may be settings twice, and once as what they are', async () => {
    const token = { content: 'x', lstrip: true };
    const tokenizer = await open({}, {}, { extra_special_tokens: ['t', 't', token, token], bos_token: 't' });
    assert.equal(tokenizer.size, 13);
  });
  it('may be forty thousand to a decoder', async () => {
    const tokens = Array.from({ length: 40_000 }, (_, i) => `t${i.toString(36)}`);
    const parts = { ...added(...tokens), decoder: { type: 'ByteLevel' } };
    const ids = tokens.map((_, i) => 11 + i);
    assert.equal(await doneSoon(() => decode(parts, [0, ...ids, 9, 1])), `a${tokens.join('')} b`);
  });
});

describe('a part is refused soon where it is malformed:', () => {
  const part = (kind: string, component: Json): Json => ({ [kind]: component });
  const cases: readonly (readonly [parts: Json, reason: RegExp])[] = [
    [
      part('decoder', { type: 'Sequence', decoders: 'x' }),
      /its decoder is malformed: Sequence\.decoders must be a list/,
    ],
    [part('decoder', { type: 'Replace' }), /its decoder is malformed: Replace\.pattern/],
    [part('decoder', { type: 'Strip', content: 5 }), /its decoder is malformed: Strip\.content/],
    [part('decoder', { type: 'Strip', start: 0.5 }), /its decoder is malformed: Strip\.start/],
    [part('decoder', { type: 'toString' }), /Unknown Decoder type: toString/],
    [part('pre_tokenizer', { type: 'Split' }), /its pre_tokenizer is malformed: Split\.pattern/],
    [part('pre_tokenizer', { type: 'Split', pattern: {} }), /its pre_tokenizer is malformed: Split\.pattern/],
    [
      part('pre_tokenizer', { type: 'Split', pattern: { String: 5 } }),
      /its pre_tokenizer is malformed: Split\.pattern/,
    ],
    [part('pre_tokenizer', { type: 'Sequence' }), /its pre_tokenizer is malformed: Sequence\.pretokenizers is missing/],
    [
      part('pre_tokenizer', { type: 'Sequence', pretokenizers: [null] }),
      /Sequence\.pretokenizers\.0 must be an object/,
    ],
    [part('pre_tokenizer', { type: 'FixedLength', length: 0 }), /its pre_tokenizer is malformed: FixedLength\.length/],
    [part('pre_tokenizer', { type: 'FixedLength', length: -1 }), /its pre_tokenizer is malformed: FixedLength\.length/],
    [
      part('pre_tokenizer', { type: 'Metaspace', replacement: 'x'.repeat(500_000) }),
      /Metaspace\.replacement: it is more/,
    ],
    [part('pre_tokenizer', { type: 'x'.repeat(1_000_000) }), /Unknown PreTokenizer type: x{40}…/],
    [part('normalizer', { type: 'Sequence' }), /its normalizer is malformed: Sequence\.normalizers is missing/],
    [part('normalizer', { type: 'Prepend' }), /its normalizer is malformed: Prepend\.prepend is missing/],
    [part('normalizer', { type: 'Replace', pattern: {}, content: 5 }), /its normalizer is malformed: Replace\.pattern/],
    [part('post_processor', { type: 'x'.repeat(1_000_000) }), /has a post-processor of type x{40}…/],
  ];
  for (const [parts, reason] of cases)
    it(JSON.stringify(parts).slice(0, 70), () => refusedSoon(() => encode(parts, 'ab'), reason));

  it('lists within lists', async () => {
    const nested = '['.repeat(20_000) + ']'.repeat(20_000);
    await using folder = await temporaryFolder();
    const json = tokenizerJson().replace('"normalizer":null', `"normalizer":{"type":"NFC","a":${nested}}`);
    await writeFile(join(folder.path, 'tokenizer.json'), json);
    await refusedSoon(() => openTokenizer(folder.path), /tokenizer\.json is nested too deeply/);
  });

  it('an unk_token that the vocabulary lacks', () =>
    refusedSoon(() => encode({}, 'xyz', { unk_token: 'nope' }), /its vocabulary lacks its own unk_token, "nope"/));
  it('a model of an unknown type', () =>
    refusedSoon(() => open({}, { type: 'x'.repeat(1_000_000) }), /is a x{40}… tokenizer, which PortLLM/));
});

describe('settings', () => {
  for (const [length, expected] of [
    [-5.5, undefined],
    [5.5, undefined],
    [0, undefined],
    [1e30, undefined],
    [2048, 2048],
  ] as const)
    it(`model_max_length ${length} is ${expected === undefined ? 'none' : 'one'}`, async () =>
      assert.equal((await open({}, {}, { model_max_length: length })).maxLength, expected));
  it('with the names of properties are no tokens', async () =>
    assert.equal((await open({}, {}, { constructor: 5, toString: 'x', extra_special_tokens: {} })).size, 11));
});
