/** What somebody is told who has chosen the wrong folder. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hintForUnknown, hintWithoutConfig, hintWithoutWeights } from '../../../src/checkpoint/folderHints.ts';

const INDEX = 'model.safetensors.index.json';

describe('a folder that is no model', () => {
  for (const [what, names, says] of [
    ['a patch', ['adapter_config.json'], /It is a patch/],
    ['GGUF files', ['model-Q4.gguf'], /GGUF/],
    ['a repository of the cache', ['snapshots', 'blobs', 'refs'], /a folder in its snapshots/],
    ['anything', ['notes.txt'], /Hugging Face layout/],
  ] as const)
    it(`may be ${what}`, () => assert.match(hintWithoutConfig(new Set(names)), says));
});

describe('a model without weights', () => {
  for (const [what, names, says] of [
    ['GGUF files', ['config.json', 'model.gguf'], /GGUF/],
    ['PyTorch files by other names', ['config.json', 'consolidated.00.pth'], /convert them/],
    [
      'shards without their index',
      ['config.json', 'model-00001-of-00002.safetensors'],
      /fetch model\.safetensors\.index/,
    ],
    ['a download that did not end', ['config.json', 'tokenizer.json'], /Complete the download/],
  ] as const)
    it(`may be ${what}`, () => {
      assert.match(hintWithoutWeights(new Set(names), INDEX), says);
      assert.match(hintForUnknown(new Set(names), INDEX), says);
    });

  it('is none at all without config.json', () => {
    assert.match(hintForUnknown(new Set(['a.txt']), INDEX), /A model has config\.json/);
    assert.match(hintForUnknown(new Set(['a.gguf']), INDEX), /GGUF/);
  });
});
