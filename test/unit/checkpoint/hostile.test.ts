/** Models and tokenizers of strangers that would cost memory out of proportion, or lead elsewhere. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { readConfig } from '../../../src/checkpoint/config.ts';
import { rowMap } from '../../../src/checkpoint/vocabulary/compare.ts';
import { resolveInside } from '../../../src/checkpoint/shards.ts';
import { readVocabulary } from '../../../src/checkpoint/vocabulary/readVocabulary.ts';
import { buildVocabulary } from '../../../src/checkpoint/vocabulary/vocabulary.ts';
import { writeCheckpoint, type TensorShapes } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { doneSoon, refusedSoon } from '../safetensors/refusedSoon.ts';

const INDEX = 'model.safetensors.index.json';

async function vocabularyOf(name: string, content: string): Promise<number | undefined> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, name), content);
  return (await readVocabulary(folder.path, new Set([name])))?.tokens.length;
}

async function open(shapes: TensorShapes, index?: string): Promise<number> {
  await using folder = await temporaryFolder();
  await writeCheckpoint(folder.path, index === undefined ? [shapes] : [shapes, {}]);
  if (index !== undefined) await writeFile(join(folder.path, INDEX), index);
  await using checkpoint = await Checkpoint.open(folder.path);
  return checkpoint.identity.parameters;
}

describe('a vocabulary', () => {
  it('of one token has no row four million', () =>
    refusedSoon(() => vocabularyOf('vocab.json', '{"a":4194303}'), /vocab\.json: of 1 tokens one has the id 4194303/));
  it('of one added token neither', () =>
    refusedSoon(
      () => vocabularyOf('tokenizer.json', '{"model":{"vocab":{"a":0}},"added_tokens":[{"id":4194303,"content":"b"}]}'),
      /tokenizer\.json: of 2 tokens one has the id 4194303/,
    ));
  it('may have gaps', async () => {
    assert.equal(await vocabularyOf('vocab.json', '{"a":100000}'), 100_001);
    assert.equal(await vocabularyOf('vocab.txt', 'a\n\nb\n\nb\nc\n'), 6);
  });
  it('of empty lines costs little', () =>
    doneSoon(async () => assert.equal(await vocabularyOf('vocab.txt', '\n'.repeat(1_000_000)), 1)));
  it('has no map of a million million rows', async () => {
    const vocabulary = buildVocabulary('/folder', 'vocab.json', [{ token: 'a', id: 0 }]);
    await refusedSoon(() => rowMap(vocabulary, vocabulary, 2 ** 40), /A vocabulary has no 1099511627776 rows/);
  });
});

describe('a checkpoint', () => {
  it('has no empty tensor that is a million million long', () =>
    refusedSoon(
      () => open({ 'model.embed_tokens.weight': [2 ** 40, 0], w: [2, 2] }),
      /model\.safetensors: tensor "model\.embed_tokens\.weight" has no elements, and is 1099511627776 long/,
    ));
  it('may have one that is short', async () => assert.equal(await open({ empty: [1000, 0], w: [2, 2] }), 4));
  it('may have an index of very many tensors', () =>
    refusedSoon(() => {
      const entries = Array.from({ length: 60_000 }, (_, i) => `"t${i}":"model-00001-of-00002.safetensors"`);
      return open({ w: [1] }, `{"weight_map":{${entries.join(',')}}}`);
    }, /the index places tensor "t0" in model-00001-of-00002\.safetensors, which does not hold it/));

  const long = 'n'.repeat(1_000_000);
  const indices: Readonly<Record<string, readonly [index: string, reason: RegExp]>> = {
    'that is a list': ['{"weight_map":["w"]}', /index\.json: weight_map: it is no table/],
    'of numbers': ['{"weight_map":{"w":1}}', /index\.json: the file of tensor "w" is not a text/],
    'of a long name of a number': [`{"weight_map":{"${long}":1}}`, /the file of tensor "n{200}…" is not a text/],
    'of a long file': [`{"weight_map":{"w":"${long}"}}`, /index\.json names n{200}…, which is missing/],
    'of a long path': [`{"weight_map":{"w":"/${long}"}}`, /names a file outside the folder: "\/n{199}…"/],
  };
  for (const [what, [index, reason]] of Object.entries(indices))
    it(`has no index ${what}`, () => refusedSoon(() => open({ w: [1] }, index), reason));
});

describe('config.json has no word of a megabyte for', () => {
  const long = 'n'.repeat(1_000_000);
  for (const [field, config] of Object.entries({
    model_type: { model_type: long },
    'architectures.0': { architectures: [long] },
    'quantization_config.quant_method': { quantization_config: { quant_method: long } },
  }))
    it(field, () =>
      refusedSoon(
        async () => {
          await using folder = await temporaryFolder();
          await writeFile(join(folder.path, 'config.json'), JSON.stringify(config));
          await readConfig(folder.path);
        },
        new RegExp(`config\\.json: ${field}: it is longer than 200 characters`),
      ),
    );
});

describe('a file of a folder', () => {
  it('is none that its name leads to outside', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'model'));
    await writeFile(join(folder.path, 'secret'), '');
    await assert.rejects(resolveInside(join(folder.path, 'model'), '../secret'), /leads out of the folder/);
  });
});
