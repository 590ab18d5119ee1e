/**
 * Vocabularies of real size. The real ones cannot be in the repository: they are covered where they lie on this machine
 * (PORTLLM_TOKENIZERS, or ../shared/data/tokenizers), a stand-in of the largest size known is covered everywhere.
 */
import assert from 'node:assert/strict';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { before, describe, it } from 'node:test';
import { compareVocabularies, rowMap } from '../../../src/checkpoint/vocabulary/compare.ts';
import { readVocabulary } from '../../../src/checkpoint/vocabulary/readVocabulary.ts';
import type { Vocabulary } from '../../../src/checkpoint/vocabulary/vocabulary.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';
import { vocabularyDigest } from '../../support/vocabularyDigest.ts';

const REAL = process.env.PORTLLM_TOKENIZERS ?? join(ROOT, '../shared/data/tokenizers');
/** It takes half a second alone; the bound only catches what grows with the square. */
const MOST_MILLISECONDS = 10_000;
const PIECES = 255_990;

/** By transformers 5.23.0's AutoTokenizer.get_vocab(), with make_vocabulary.py's digest. */
const EXPECTED: Readonly<Record<string, readonly [tokens: number, sha256: string]>> = {
  gpt2: [50257, 'd692ff505dbae898b3adb45901ef2cf775a6a37dcdf73a4d846e5b7565057452'],
  llama2: [32000, '7af27080872a24859f0ca539c1d8036a1f32f6f8fe23df2cfeb1325d2046c9c2'],
  mistral7b: [32000, '302dacba7b2898e61a835a34ea688afa9dba19d1e5c92ceb95be775a8cbe18ae'],
  phi3: [32011, '8290060e3a839529ac3cf1478e59bb14efa06378a93c991e6e76a42385882190'],
  qwen3: [151669, '33c88b691dbeaaafc086347a4db0033a376f71253b2194c82a932e4de49d7fc2'],
  tinyllama: [32000, '7af27080872a24859f0ca539c1d8036a1f32f6f8fe23df2cfeb1325d2046c9c2'],
};

interface Read {
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly milliseconds: number;
}

async function read(folder: string, name: string): Promise<Read> {
  const start = performance.now();
  const vocabulary = await readVocabulary(folder, new Set(await readdir(folder)));
  assert.ok(vocabulary, name);
  return { name, vocabulary, milliseconds: performance.now() - start };
}

/** 256,000 tokens and as many merges, about 35 MB, as Gemma's. */
async function writeStandIn(folder: string): Promise<void> {
  const names = Array.from({ length: PIECES }, (_, i) => `▁piece${(i * 7919) % PIECES}`);
  const vocab = Object.fromEntries(names.map((name, id) => [name, id]));
  const added = Array.from({ length: 10 }, (_, i) => ({ id: PIECES + i, content: `<unused${i}>`, special: true }));
  const merges = names.map((name) => [name.slice(0, 3), `${name.slice(3)}${'x'.repeat(80)}`]);
  const tokenizer = { added_tokens: added, model: { type: 'BPE', vocab, merges } };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
}

async function listReal(): Promise<string[]> {
  try {
    const entries = await readdir(REAL, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    // A folder that someone named must be there.
    if (process.env.PORTLLM_TOKENIZERS !== undefined) throw error;
    return [];
  }
}

describe('vocabularies of real size', () => {
  const all: Read[] = [];

  before(async () => {
    await using folder = await temporaryFolder();
    await writeStandIn(folder.path);
    all.push(await read(folder.path, 'stand-in'));
    for (const name of await listReal()) all.push(await read(join(REAL, name), name));
  });

  it('are read as transformers reads them', (t) => {
    t.diagnostic(all.map(({ name, milliseconds }) => `${name} ${Math.round(milliseconds)} ms`).join(', '));
    assert.equal(all[0]?.vocabulary.ids.size, PIECES + 10);
    assert.equal(all[0].vocabulary.tokens[1], '▁piece7919');
    for (const { name, vocabulary } of all) {
      const [tokens, sha256] = EXPECTED[name] ?? [vocabulary.ids.size, vocabularyDigest(vocabulary)];
      assert.equal(vocabulary.ids.size, tokens, name);
      assert.equal(vocabularyDigest(vocabulary), sha256, name);
    }
  });

  it('are read soon', () => {
    for (const { name, milliseconds } of all) assert.ok(milliseconds < MOST_MILLISECONDS, `${name}: ${milliseconds}`);
  });

  it('are the same as themselves, row by row', () => {
    for (const { name, vocabulary } of all) {
      assert.equal(compareVocabularies(vocabulary, vocabulary).same, true, name);
      const rows = vocabulary.tokens.length + 64;
      assert.ok(
        rowMap(vocabulary, vocabulary, rows).every((old, row) => old === row),
        name,
      );
    }
  });

  it('are the same as their bare sentencepiece model', async () => {
    for (const { name, vocabulary } of all) {
      if (!(await exists(REAL, name, 'tokenizer.model'))) continue;
      await using folder = await temporaryFolder();
      await cp(join(REAL, name, 'tokenizer.model'), join(folder.path, 'tokenizer.model'));
      const bare = await read(folder.path, name);
      assert.equal(bare.vocabulary.source, 'tokenizer.model');
      assert.equal(compareVocabularies(bare.vocabulary, vocabulary).same, true, name);
    }
  });

  it('are of different kinds where one spells bytes and one sentencepiece', () => {
    const kinds = all.map(({ vocabulary }) => ({ vocabulary, bytes: vocabulary.ids.has('Ġthe') }));
    for (const older of kinds)
      for (const newer of kinds.filter(({ bytes }) => bytes !== older.bytes))
        assert.equal(compareVocabularies(older.vocabulary, newer.vocabulary).different, true);
  });

  it('recover a family: Phi-3 added eleven tokens to Llama 2, TinyLlama none', () => {
    const vocabularyOf = (name: string): Vocabulary | undefined => all.find((one) => one.name === name)?.vocabulary;
    const [llama, phi, tiny] = [vocabularyOf('llama2'), vocabularyOf('phi3'), vocabularyOf('tinyllama')];
    if (llama && tiny) assert.equal(compareVocabularies(llama, tiny).same, true);
    if (!llama || !phi) return;
    const { added, removed, moved } = compareVocabularies(llama, phi);
    assert.deepEqual([added.length, removed.length, moved.length], [11, 0, 0]);
    const expected = Array.from({ length: 32064 }, (_, row) => (row >= 32000 && row < 32011 ? -1 : row));
    assert.deepEqual([...rowMap(llama, phi, 32064)], expected);
  });
});

async function exists(folder: string, name: string, file: string): Promise<boolean> {
  try {
    return (await readdir(join(folder, name))).includes(file);
  } catch {
    return false;
  }
}
