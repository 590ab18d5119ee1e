/** Files that are not what their name says: refused with the file and the reason, never a crash or an exhausted memory. */
import assert from 'node:assert/strict';
import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { readVocabulary } from '../../../src/checkpoint/vocabulary/readVocabulary.ts';
import { temporaryFolder } from '../../support/paths.ts';

type Refusal = readonly [what: string, file: string, content: string | Uint8Array, reason: RegExp];

const REFUSED: readonly Refusal[] = [
  ['no JSON', 'tokenizer.json', '{"model":', /is not JSON/],
  ['a Git LFS pointer', 'tokenizer.json', 'version https://git-lfs.github.com/spec/v1\n', /is not JSON/],
  ['no model', 'tokenizer.json', '{}', /model/],
  ['no vocabulary', 'tokenizer.json', '{"model":{}}', /model\.vocab/],
  ['a vocabulary of text', 'tokenizer.json', '{"model":{"vocab":"a"}}', /neither a table nor a list/],
  ['a list without pieces', 'tokenizer.json', '{"model":{"vocab":[["a",0],[1,0]]}}', /entry 1 is not a piece/],
  ['an id of text', 'tokenizer.json', '{"model":{"vocab":{"a":"0"}}}', /the token "a" the id "0"/],
  ['a negative id', 'tokenizer.json', '{"model":{"vocab":{"a":-1}}}', /the id -1, which is not a row number/],
  ['a broken id', 'tokenizer.json', '{"model":{"vocab":{"a":0.5}}}', /the id 0\.5/],
  ['an absurd id', 'tokenizer.json', '{"model":{"vocab":{"a":4294967295}}}', /the id 4294967295/],
  ['a bad id called __proto__', 'tokenizer.json', '{"model":{"vocab":{"__proto__":{}}}}', /"__proto__" the id \{\}/],
  [
    'an added token without content',
    'tokenizer.json',
    '{"model":{"vocab":{}},"added_tokens":[{"id":1}]}',
    /added_tokens\.0\.content/,
  ],
  [
    'an absurd added id',
    'tokenizer.json',
    '{"model":{"vocab":{}},"added_tokens":[{"id":1e9,"content":"a"}]}',
    /the id 1000000000/,
  ],
  ['a list for a table', 'vocab.json', '["a"]', /not a table/],
  ['text after the ranks', 'tokenizer.model', 'YQ== 0\nwhat is this\n', /line 2 is not a base64 token and a rank/],
  ['an absurd rank', 'tokenizer.model', 'YQ== 999999999\n', /the id 999999999/],
  ['a Git LFS pointer', 'tokenizer.model', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer/],
  ['nothing', 'tokenizer.model', '', /holds no tokens/],
  ['a cut model', 'tokenizer.model', Uint8Array.of(0x0a, 200, 0x0a), /neither a sentencepiece model/],
  ['no pieces', 'tokenizer.model', Uint8Array.of(0x12, 1, 0), /holds no tokens/],
  ['other bytes', 'tokenizer.model', new Uint8Array(100).fill(0xff), /neither a sentencepiece model/],
  ['nothing', 'vocab.txt', '', /holds no tokens/],
];

const REFUSED_BESIDE_A_TABLE: readonly Refusal[] = [
  ['an id of text', 'added_tokens.json', '{"a":null}', /the token "a" the id null/],
  ['a key of text', 'tokenizer_config.json', '{"added_tokens_decoder":{"x":{"content":"a"}}}', /the id "x"/],
  ['a negative key', 'tokenizer_config.json', '{"added_tokens_decoder":{"-1":{"content":"a"}}}', /the id "-1"/],
  ['no content', 'tokenizer_config.json', '{"added_tokens_decoder":{"7":{"special":true}}}', /"7" has no content/],
  ['a list', 'tokenizer_config.json', '{"added_tokens_decoder":["a"]}', /added_tokens_decoder/],
];

async function refuse(
  [, file, content, reason]: Refusal,
  beside: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using folder = await temporaryFolder();
  for (const [name, text] of Object.entries({ ...beside, [file]: content }))
    await writeFile(join(folder.path, name), text);
  const names = new Set(await readdir(folder.path));
  await assert.rejects(readVocabulary(folder.path, names), (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, reason);
    assert.ok(error.message.includes(join(folder.path, file)), error.message);
    return true;
  });
}

describe('readVocabulary refuses', () => {
  for (const refusal of REFUSED) it(`${refusal[0]} in ${refusal[1]}`, () => refuse(refusal));

  for (const refusal of REFUSED_BESIDE_A_TABLE)
    it(`${refusal[0]} in ${refusal[1]}`, () => refuse(refusal, { 'vocab.json': '{"b":0}' }));

  for (const name of ['tokenizer.json', 'vocab.json', 'tokenizer.model', 'vocab.txt'])
    it(`a link out of the folder: ${name}`, async () => {
      await using elsewhere = await temporaryFolder();
      await using folder = await temporaryFolder();
      await writeFile(join(elsewhere.path, 'secret'), '{"model":{"vocab":{"secret":0}}}');
      await symlink(join(elsewhere.path, 'secret'), join(folder.path, name));
      await assert.rejects(readVocabulary(folder.path, new Set([name])), /is a link that leads out of the folder/);
    });

  for (const name of ['added_tokens.json', 'tokenizer_config.json'])
    it(`a link out of the folder beside the pieces: ${name}`, async () => {
      await using elsewhere = await temporaryFolder();
      await using folder = await temporaryFolder();
      await writeFile(join(elsewhere.path, 'secret'), '{}');
      await writeFile(join(folder.path, 'vocab.txt'), 'a\n');
      await symlink(join(elsewhere.path, 'secret'), join(folder.path, name));
      const names = new Set(['vocab.txt', name]);
      await assert.rejects(readVocabulary(folder.path, names), /is a link that leads out of the folder/);
    });
});
