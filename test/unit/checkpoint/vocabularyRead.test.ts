/** Reading token tables: the same vocabulary that transformers and sentencepiece read from the same files. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readVocabulary } from '../../../src/checkpoint/vocabulary/readVocabulary.ts';
import type { Vocabulary } from '../../../src/checkpoint/vocabulary/vocabulary.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';
import { vocabularyDigest } from '../../support/vocabularyDigest.ts';

const GOLDEN = join(ROOT, 'test/golden/vocabulary');

interface Golden {
  readonly cases: Readonly<Record<string, { readonly tokens: number; readonly sha256: string }>>;
}

const golden = JSON.parse(await readFile(join(GOLDEN, 'golden.json'), 'utf8')) as Golden;

async function read(folder: string): Promise<Vocabulary> {
  const vocabulary = await readVocabulary(folder, new Set(await readdir(folder)));
  assert.ok(vocabulary);
  return vocabulary;
}

async function readFiles(files: Readonly<Record<string, string | Uint8Array>>): Promise<Vocabulary> {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, name), content);
  return await read(folder.path);
}

const tokenizer = (vocab: string, added = '[]'): string => `{"model":{"vocab":${vocab}},"added_tokens":${added}}`;

describe('readVocabulary, as the reference libraries', () => {
  for (const [name, expected] of Object.entries(golden.cases))
    it(name, async () => {
      const vocabulary = await read(join(GOLDEN, name));
      assert.equal(vocabulary.ids.size, expected.tokens);
      assert.equal(vocabularyDigest(vocabulary), expected.sha256);
      for (const [token, id] of vocabulary.ids) assert.equal(vocabulary.tokens[id], token);
    });

  it('covers every form', () => {
    const names = ['bpe', 'unigram', 'word-piece', 'word-level', 'vocab-json', 'vocab-txt', 'sentencepiece', 'ranks'];
    assert.deepEqual(Object.keys(golden.cases).sort(), names.sort());
  });
});

describe('readVocabulary', () => {
  it('says which files it read', async () => {
    assert.equal((await read(join(GOLDEN, 'bpe'))).source, 'tokenizer.json');
    const source = 'vocab.json, added_tokens.json, tokenizer_config.json';
    assert.equal((await read(join(GOLDEN, 'vocab-json'))).source, source);
    assert.equal((await read(join(GOLDEN, 'sentencepiece'))).source, 'tokenizer.model');
    const silent = { 'vocab.txt': 'a\n', 'added_tokens.json': '{}', 'tokenizer_config.json': '{}' };
    assert.equal((await readFiles(silent)).source, 'vocab.txt');
  });

  it('takes the sources in order', async () => {
    const files: Record<string, string> = {
      'tokenizer.json': tokenizer('{"json":0}'),
      'vocab.json': '{"table":0}',
      'tokenizer.model': 'bW9kZWw= 0\n',
      'vocab.txt': 'lines\n',
      'added_tokens.json': '{"added":1}',
    };
    const found: (string | undefined)[][] = [];
    for (const name of Object.keys(files).slice(0, 4)) {
      found.push([...(await readFiles(files)).tokens]);
      Reflect.deleteProperty(files, name);
    }
    assert.deepEqual(found, [['json'], ['table', 'added'], ['model', 'added'], ['lines', 'added']]);
  });

  it('finds nothing without a table of pieces', async () => {
    assert.equal(await readVocabulary('/nowhere', new Set(['config.json', 'added_tokens.json'])), undefined);
  });

  it('takes tokens that every JavaScript object has as names', async () => {
    const { ids, tokens } = await readFiles({ 'vocab.json': '{"__proto__":1,"constructor":0,"toString":3}' });
    assert.deepEqual([...ids.keys()].sort(), ['__proto__', 'constructor', 'toString']);
    assert.deepEqual(tokens, ['constructor', '__proto__', undefined, 'toString']);
    assert.equal(ids.get('valueOf'), undefined);
  });

  it('keeps the first of two pieces with one id', async () => {
    const { ids, tokens } = await readFiles({ 'tokenizer.json': tokenizer('{"a":0,"b":0,"c":1}') });
    assert.deepEqual(tokens, ['a', 'c']);
    assert.equal(ids.has('b'), false);
  });

  it('keeps the first of two rows with one piece', async () => {
    const { ids, tokens } = await readFiles({ 'tokenizer.json': tokenizer('[["a",0],["b",-1],["a",-2],["c",-3]]') });
    assert.deepEqual(tokens, ['a', 'b', undefined, 'c']);
    assert.equal(ids.get('a'), 0);
  });

  it('lets added tokens win over pieces, and the later over the earlier', async () => {
    const added = '[{"id":1,"content":"x"},{"id":5,"content":"a"},{"id":6,"content":"y"},{"id":6,"content":"z"}]';
    const { ids, tokens } = await readFiles({ 'tokenizer.json': tokenizer('{"a":0,"b":1,"c":2}', added) });
    assert.deepEqual(tokens, [undefined, 'x', 'c', undefined, undefined, 'a', 'z']);
    assert.deepEqual([...ids.keys()].sort(), ['a', 'c', 'x', 'z']);
  });

  it('ends with the last token', async () => {
    const added = '[{"id":1,"content":"b"}]';
    assert.deepEqual((await readFiles({ 'tokenizer.json': tokenizer('{"a":0,"b":5}', added) })).tokens, ['a', 'b']);
  });

  it('lets tokenizer_config.json win over added_tokens.json', async () => {
    const { tokens } = await readFiles({
      'vocab.txt': 'a\nb\n',
      'added_tokens.json': '{"old":2}',
      'tokenizer_config.json': '{"added_tokens_decoder":{"2":{"content":"new"},"3":"plain"}}',
    });
    assert.deepEqual(tokens, ['a', 'b', 'new', 'plain']);
  });

  it('spells ranks as tokenizer.json spells bytes', async () => {
    const line = (bytes: string, rank: number): string => `${Buffer.from(bytes).toString('base64')} ${rank}\r\n`;
    const { tokens } = await readFiles({ 'tokenizer.model': line(' the', 1) + line('é\n', 0) + line('\x7f\xad', 2) });
    assert.deepEqual(tokens, ['Ã©Ċ', 'Ġthe', 'ġÂŃ']);
  });

  it('reads lines as Python does', async () => {
    const { tokens } = await readFiles({ 'vocab.txt': 'a\r\n\n b \rlast' });
    assert.deepEqual(tokens, ['a', '', ' b ', 'last']);
  });

  it('skips what a sentencepiece model holds besides pieces', async () => {
    const piece = Buffer.from([0x0a, 8, 0x0a, 1, 0x61, 0x15, 0, 0, 0, 0]);
    const bytes = Buffer.concat([piece, Buffer.from([0x12, 3, 1, 2, 3, 0x18, 0x7f]), piece.with(4, 0x62)]);
    assert.deepEqual((await readFiles({ 'tokenizer.model': bytes })).tokens, ['a', 'b']);
  });

  it('follows links in a Hugging Face cache', async () => {
    await using cache = await temporaryFolder();
    const snapshot = join(cache.path, 'models--o--n/snapshots/0123');
    await mkdir(snapshot, { recursive: true });
    await cp(join(GOLDEN, 'bpe/tokenizer.json'), join(cache.path, 'models--o--n/blobs/00ff'));
    await symlink('../../blobs/00ff', join(snapshot, 'tokenizer.json'));
    assert.equal((await read(snapshot)).ids.size, golden.cases.bpe?.tokens);
  });
});
