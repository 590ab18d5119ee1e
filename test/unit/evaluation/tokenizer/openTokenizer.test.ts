import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { encodePair, encodeText, prefixToken } from '../../../../src/evaluation/tokenizer/encode.ts';
import { openTokenizer, type Tokenizer } from '../../../../src/evaluation/tokenizer/tokenizer.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../../support/paths.ts';

const CASES = join(ROOT, 'test/golden/tokenizer/cases');

type Files = Readonly<Record<string, string>>;

/** The files, in a folder that is gone afterwards. */
async function open(files: Files): Promise<Tokenizer> {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, name), content);
  return await openTokenizer(folder.path);
}

async function refused(files: Files, message: RegExp, hint?: RegExp): Promise<void> {
  await assert.rejects(open(files), (error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, message);
    if (hint) assert.match(error.hint ?? '', hint);
    return true;
  });
}

const base = (name: string): Promise<string> => readFile(join(CASES, `${name}.json`), 'utf8');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('openTokenizer', () => {
  it('opens the samples, whose two versions have one tokenizer', async () => {
    const [one, two] = await Promise.all(
      ['storyteller-v1', 'storyteller-v2'].map((name) => openTokenizer(join(SAMPLES, 'models', name))),
    );
    assert.ok(one && two);
    assert.deepEqual(one.bos, { id: 0, text: '<s>' });
    assert.deepEqual(one.eos, { id: 1, text: '</s>' });
    assert.equal(one.size, 2048);
    assert.equal(one.maxLength, undefined);
    // transformers 5.23.0
    assert.deepEqual(one.encode('Hello </s> world', { special: true }), [0, 41, 473, 80, 222, 1, 1192]);
    assert.equal(one.sha256, two.sha256);
  });

  it('says what it read, and its digest', async () => {
    const json = await base('llama2');
    const one = await open({ 'tokenizer.json': json, 'tokenizer_config.json': '{}' });
    assert.deepEqual([...one.files].sort(), ['tokenizer.json', 'tokenizer_config.json']);
    assert.equal(one.sha256, sha256(json));
    const tables = { 'vocab.json': '{"a":0,"b":1,"ab":2}', 'merges.txt': 'a b\n' };
    const two = await open({ ...tables, 'config.json': '{"model_type":"gpt2"}' });
    assert.deepEqual([...two.files].sort(), ['config.json', 'merges.txt', 'vocab.json']);
    const lines = Object.entries(tables).map(([name, content]) => `${sha256(content)}  ${name}\n`);
    assert.equal(two.sha256, sha256(lines.join('')));
    assert.deepEqual(two.encode('ab', { special: true }), [2]);
  });

  it('takes unpaired surrogates for U+FFFD, which Rust and Python do not have', async () => {
    const tokenizer = await open({ 'tokenizer.json': await base('llama2') });
    const expected = tokenizer.encode('a\uFFFDb 🦊 \uFFFD', { special: false });
    assert.deepEqual(tokenizer.encode('a\uD83Db 🦊 \uDE00', { special: false }), expected);
  });

  it('leaves ids that no token has out of a text', async () => {
    const tokenizer = await open({ 'tokenizer.json': await base('gpt2') });
    const [id] = tokenizer.encode('a', { special: false });
    assert.equal(tokenizer.decode([id ?? 0, 100_000, -1, id ?? 0]), 'aa');
    assert.equal(tokenizer.decode([]), '');
  });

  it('reads vocabularies of many megabytes, and tokens with the names of an object', async () => {
    const tokens = Array.from({ length: 50_000 }, (_, i) => `${'a long token '.repeat(32)}${i}`);
    const vocab = [...tokens, '__proto__', 'constructor', '17'].map((token, i) => `${JSON.stringify(token)}:${i}`);
    const json = `{"model":{"type":"BPE","ignore_merges":true,"vocab":{${vocab.join(',')}},"merges":[]}}`;
    assert.ok(json.length > 20_000_000);
    const tokenizer = await open({ 'tokenizer.json': json });
    assert.equal(tokenizer.size, 50_003);
    assert.deepEqual(tokenizer.encode('__proto__', { special: true }), [50_000]);
    assert.deepEqual(tokenizer.encode('constructor', { special: true }), [50_001]);
    assert.equal(tokenizer.decode([50_002]), '17');
  });

  it('encodes long texts in one piece', async () => {
    const tokenizer = await open({ 'tokenizer.json': await base('llama2') });
    const [word, line] = ['once', '\n'].map((text) => tokenizer.encode(text, { special: false }).slice(1));
    const ids = tokenizer.encode('once\n'.repeat(50_000), { special: false });
    assert.equal(ids.length, 1 + 50_000 * ((word?.length ?? 0) + (line?.length ?? 0)));
  });
});

describe('openTokenizer refuses', () => {
  it('folders without a tokenizer that it can read', async () => {
    await refused({}, /holds no tokenizer: no tokenizer\.json, and not both of vocab\.json and merges\.txt/);
    await refused({ 'vocab.json': '{}', 'config.json': '{"model_type":"gpt2"}' }, /holds no tokenizer/);
    const convert = /AutoTokenizer\.from_pretrained\(.*\)\.save_pretrained\(/;
    await refused({ 'tokenizer.model': '' }, /only tokenizer\.model/, convert);
    await refused({ 'vocab.json': '{}', 'merges.txt': '' }, /no class that is made of them/, convert);
    const llama = '{"tokenizer_class":"LlamaTokenizer"}';
    await refused({ 'tokenizer.model': '', 'tokenizer_config.json': llama }, /only tokenizer\.model/, convert);
    await assert.rejects(openTokenizer('/no/such/folder'), InputError);
  });

  it('files that are malformed', async () => {
    await refused({ 'tokenizer.json': '{' }, /tokenizer\.json is not JSON/);
    await refused({ 'tokenizer.json': '{"model":{}}' }, /tokenizer\.json: model\.vocab: it is no vocabulary/);
    await refused({ 'tokenizer.json': '{"model":{"type":"WordPiece","vocab":{}}}' }, /is a WordPiece tokenizer/);
    const bpe = (vocab: string, merges: string): string =>
      `{"model":{"type":"BPE","vocab":${vocab},"merges":${merges}}}`;
    await refused({ 'tokenizer.json': bpe('{"a":-1}', '[]') }, /gives the token "a" the id -1/);
    await refused({ 'tokenizer.json': bpe('{"a":0}', '["a b c"]') }, /merge 0 is not a pair/);
    const normalizer = '{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Nmt"}}';
    await refused({ 'tokenizer.json': normalizer }, /does not reproduce: Unknown Normalizer type: Nmt/);
    const tables = { 'vocab.json': '{"a":0}', 'config.json': '{"model_type":"gpt2"}' };
    await refused({ ...tables, 'merges.txt': '#version: 0.2\na\n' }, /merges\.txt: line 2 is not a pair/);
  });

  it('settings that are malformed', async () => {
    const files = { 'tokenizer.json': await base('gpt2') };
    await refused({ ...files, 'tokenizer_config.json': '{"bos_token":7}' }, /bos_token is no token/);
    await refused({ ...files, 'tokenizer_config.json': '{"model_max_length":"x"}' }, /model_max_length/);
    const llama = '{"tokenizer_class":"LlamaTokenizer"}';
    const unigram = { 'tokenizer.json': await base('unigram'), 'tokenizer_config.json': llama };
    await refused(unigram, /is a Unigram tokenizer, which PortLLM does not reproduce/);
  });

  it('links that lead out of the folder', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'model'));
    await cp(join(CASES, 'gpt2.json'), join(folder.path, 'tokenizer.json'));
    await symlink(join(folder.path, 'tokenizer.json'), join(folder.path, 'model/tokenizer.json'));
    await assert.rejects(openTokenizer(join(folder.path, 'model')), /leads out of the folder/);
  });
});

describe('encodePair', () => {
  it('cannot score a text without a context if there is no BOS and no EOS token', async () => {
    const tokenizer = await open({ 'tokenizer.json': await base('gpt2') });
    assert.equal(prefixToken(tokenizer), undefined);
    assert.throws(() => encodePair(tokenizer, '', 'text', 'auto'), InputError);
    assert.equal(
      encodePair(tokenizer, 'some', ' text', 'on').context.length,
      encodeText(tokenizer, 'some', 'off').length,
    );
  });

  it('leaves an empty continuation empty', async () => {
    const config = '{"bos_token":"<s>"}';
    const tokenizer = await open({ 'tokenizer.json': await base('llama2'), 'tokenizer_config.json': config });
    assert.deepEqual(encodePair(tokenizer, '', '', 'auto'), { context: [1], continuation: [] });
  });
});
