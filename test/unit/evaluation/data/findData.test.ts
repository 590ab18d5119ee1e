/** Which files of a folder are a split: the layouts people and Hugging Face's libraries keep data in. */
import assert from 'node:assert/strict';
import { cp, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { snakeCase } from '../../../../src/evaluation/data/datasetsCache.ts';
import { findData, type DataQuery } from '../../../../src/evaluation/data/findData.ts';
import { readDocuments } from '../../../../src/evaluation/data/readDocuments.ts';
import { ROOT, temporaryFolder } from '../../../support/paths.ts';

const CASE = join(ROOT, 'test/golden/data/case');
const SST2: DataQuery = { taskName: 'my_sst2', datasetPath: 'nyu-mll/glue', datasetName: 'sst2', split: 'validation' };
const PIQA: DataQuery = { taskName: 'piqa', datasetPath: 'baber/piqa', datasetName: undefined, split: 'validation' };

/** Writes empty files, or with a text where one is given after " = ". */
async function lay(root: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const [path = '', text = ''] = file.split(' = ');
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** What is found, relative to the folder and with slashes. */
async function find(files: readonly string[], query: DataQuery = SST2, below = ''): Promise<string[] | undefined> {
  await using folder = await temporaryFolder();
  await lay(folder.path, files);
  const found = await findData(join(folder.path, below), query);
  return found?.map((file) => relative(folder.path, file).replaceAll(sep, '/'));
}

function refuses(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(`${error.message} ${error.hint ?? ''}`.replaceAll(sep, '/'), pattern);
    return true;
  });
}

const SHARD = 'validation-00000-of-00001.parquet';
const HUB = 'datasets--nyu-mll--glue';

describe('the order of preference', () => {
  /** Each is found when all after it are there too. */
  const ORDER = [
    'my_sst2/dev.csv',
    'my_sst2_validation.tsv',
    'glue/sst2/validation.json',
    'glue/validation.jsonl',
    `nyu-mll/glue/sst2/${SHARD}`,
    'nyu-mll/glue/data/validation.parquet',
    'sst2/valid.ndjson',
    `${HUB}/snapshots/aaa/sst2/${SHARD}`,
    `hub/${HUB}/snapshots/aaa/sst2/${SHARD}`,
    'nyu-mll___glue/sst2/0.0.0/abc/glue-validation.arrow',
    'datasets/nyu-mll___glue/sst2/0.0.0/abc/glue-validation.arrow',
  ];
  for (const [i, file] of ORDER.entries()) it(file, async () => assert.deepEqual(await find(ORDER.slice(i)), [file]));

  it('finds nothing where there is nothing, or only another split', async () => {
    assert.equal(await find([]), undefined);
    assert.equal(await find(ORDER, SST2, 'not there'), undefined);
    assert.equal(await find(ORDER, SST2, ORDER[0]), undefined);
    assert.equal(await find(ORDER, { ...SST2, split: 'test' }), undefined);
    assert.equal(await find(['my_sst2/validation.md', 'my_sst2/validation', 'my_sst2/validation2.csv']), undefined);
  });

  it('within a folder', async () => {
    const order = ['piqa/val.csv', 'piqa/data/dev.csv', 'piqa/validation/0000.parquet'];
    for (const i of order.keys()) assert.deepEqual(await find(order.slice(i), PIQA), [order[i]]);
    const beside = ['piqa/validation/.b.csv', 'piqa/validation/dataset_info.json', 'piqa/validation/notes.txt'];
    assert.deepEqual(await find(['piqa/validation/a.csv', ...beside], PIQA), ['piqa/validation/a.csv']);
    await refuses(find(['piqa/validation/a.csv', 'piqa/validation/a.json'], PIQA), /a\.json and .*a\.csv/);
  });

  it('takes the folder itself where it has the name', async () => {
    assert.deepEqual(await find(['sst2/dev.tsv'], SST2, 'sst2'), ['sst2/dev.tsv']);
    assert.deepEqual(await find(['glue/sst2/dev.tsv'], SST2, 'glue'), ['glue/sst2/dev.tsv']);
    assert.equal(await find(['other/dev.tsv'], SST2, 'other'), undefined);
  });

  it('keeps names below the folder', async () => {
    const files = ['a/validation.csv', 'a_validation.csv', 'x/here.txt'];
    for (const name of ['../a', '..', 'x/../../a', ''])
      assert.equal(
        await find(files, { taskName: name, datasetPath: name, datasetName: name, split: 'validation' }, 'x'),
        undefined,
        name,
      );
    assert.equal(await find(['b/a/validation.csv'], { ...SST2, datasetPath: 'b/a/c' }), undefined);
    assert.equal(await find(files, { ...SST2, taskName: 'a', split: '../a/validation' }), undefined);
    assert.equal(
      await find(['json/validation.json'], { ...SST2, datasetPath: 'json', datasetName: undefined }),
      undefined,
    );
  });
});

describe('splits', () => {
  it('has synonyms for validation only, behind the name itself', async () => {
    for (const name of ['validation', 'dev', 'val', 'valid'])
      assert.deepEqual(await find([`sst2/${name}.csv`, 'sst2/train.csv', 'sst2/test.csv']), [`sst2/${name}.csv`]);
    assert.deepEqual(await find(['sst2/dev.csv', 'sst2/validation.csv']), ['sst2/validation.csv']);
    assert.deepEqual(await find(['sst2/dev.csv', 'sst2/validation.csv'], { ...SST2, split: 'dev' }), ['sst2/dev.csv']);
    assert.deepEqual(await find(['sst2/train.csv'], { ...SST2, split: 'train' }), ['sst2/train.csv']);
    assert.equal(await find(['sst2/training.csv'], { ...SST2, split: 'train' }), undefined);
  });
  it('refuses to choose between equals', async () => {
    await refuses(find(['sst2/dev.csv', 'sst2/val.csv']), /sst2\/dev\.csv and .*sst2\/val\.csv/);
    await refuses(find(['sst2/validation.csv', 'sst2/validation.jsonl']), /validation\.csv and .*validation\.jsonl/);
    await refuses(
      find(['sst2/validation.parquet', `sst2/${SHARD}`]),
      /-00000-of-00001\.parquet and .*validation\.parq/,
    );
  });
  it('takes all shards, in order, or none', async () => {
    const names = [2, 0, 1].map((i) => `sst2/data/validation-0000${i}-of-00003.parquet`);
    assert.deepEqual(await find(names), [...names].sort());
    await refuses(find(names.slice(1)), /there are 2 files, where their names say 3/);
    const hashed = ['sst2/validation-00000-of-00001-0123456789abcdef.parquet'];
    assert.deepEqual(await find(hashed), hashed);
    await refuses(find([...hashed, 'sst2/validation-00000-of-00001-fedcba.parquet']), /there are 2 files.* say 1/);
  });
});

describe('a cache of the hub', () => {
  const at = (revision: string, file: string): string => `hub/${HUB}/snapshots/${revision}/${file}`;
  const CARD = (text: string): string => `---\nlicense: other\nconfigs:\n${text}\n---\n# GLUE\n`;

  it('takes the revision of refs/main', async () => {
    const files = [at('aaa', `sst2/${SHARD}`), at('bbb', `sst2/${SHARD}`)];
    for (const revision of ['aaa', 'bbb'])
      assert.deepEqual(await find([...files, `hub/${HUB}/refs/main = ${revision}`]), [at(revision, `sst2/${SHARD}`)]);
    await refuses(find(files), /aaa\/sst2\/.* and .*bbb\/sst2/);
    assert.deepEqual(await find([files[0]!, at('bbb', 'README.md'), `hub/${HUB}/refs/main = bbb`]), [files[0]]);
    assert.deepEqual(await find([...files.slice(0, 1), `hub/${HUB}/refs/main = ../../..`]), [files[0]]);
  });
  it('does not take the data of another configuration', async () => {
    assert.equal(await find([at('aaa', SHARD), at('aaa', `data/${SHARD}`), at('aaa', `mrpc/${SHARD}`)]), undefined);
    const whole = { ...SST2, datasetName: undefined };
    assert.deepEqual(await find([at('aaa', `data/${SHARD}`)], whole), [at('aaa', `data/${SHARD}`)]);
    assert.deepEqual(await find([at('aaa', `default/${SHARD}`)], whole), [at('aaa', `default/${SHARD}`)]);
  });
  it('follows the card', async () => {
    const card = CARD(
      '- config_name: mrpc\n  data_files:\n  - split: validation\n    path: m/*\n' +
        '- config_name: sst2\n  data_files:\n  - split: train\n    path: s/*.csv\n  - split: dev\n    path: [s/v-*, s/w.csv]',
    );
    const files = ['m/a.csv', 's/v-1.csv', 's/v-0.csv', 's/w.csv', 's/train.csv'].map((file) => at('aaa', file));
    const found = ['s/v-0.csv', 's/v-1.csv', 's/w.csv'].map((file) => at('aaa', file));
    assert.deepEqual(await find([...files, `${at('aaa', 'README.md')} = ${card}`]), found);
    const shard = '- config_name: sst2\n  data_files:\n  - split: validation\n    path: v-*';
    await refuses(
      find([at('aaa', 'v-00000-of-00002.csv'), `${at('aaa', 'README.md')} = ${CARD(shard)}`]),
      /there are 1 files, where their names say 2/,
    );
    const partial = files.filter((file) => !file.endsWith('w.csv'));
    assert.equal(await find([...partial, `${at('aaa', 'README.md')} = ${card}`]), undefined);
  });
  it('takes the default of the card', async () => {
    const one = '- config_name: x\n  data_files:\n  - split: validation\n    path: one.csv';
    const two = '- config_name: y\n  default: true\n  data_files:\n  - split: validation\n    path: two.csv';
    const files = (text: string): string[] => [
      ...['one.csv', 'two.csv'].map((file) => at('a', file)),
      `${at('a', 'README.md')} = ${CARD(text)}`,
    ];
    const whole = { ...SST2, datasetName: undefined };
    assert.deepEqual(await find(files(one), whole), [at('a', 'one.csv')]);
    assert.deepEqual(await find(files(`${one}\n${two}`), whole), [at('a', 'two.csv')]);
    assert.equal(await find(files(`${one}\n${two.replace('true', 'false')}`), whole), undefined);
  });
  it('is not harmed by a card', async () => {
    for (const text of [
      '- config_name: sst2\n  data_files: [{split: validation, path: ../../../../secret.csv}]',
      '- 5',
      '{',
      '- config_name: sst2\n  data_files: 7',
      '- config_name: sst2\n  data_files: [{split: validation, path: "hf://datasets/x/y.csv"}]',
    ])
      assert.deepEqual(
        await find(['hub/secret.csv', at('a', `sst2/${SHARD}`), `${at('a', 'README.md')} = ${CARD(text)}`]),
        [at('a', `sst2/${SHARD}`)],
        text,
      );
  });
  it('holds links to blobs', async () => {
    await using folder = await temporaryFolder();
    const repository = join(folder.path, 'datasets--baber--piqa');
    await lay(folder.path, ['datasets--baber--piqa/refs/main = abc\n', 'datasets--baber--piqa/snapshots/abc/.keep']);
    await mkdir(join(repository, 'blobs'));
    await cp(join(CASE, 'none.parquet'), join(repository, 'blobs/0123'));
    await symlink('../../blobs/0123', join(repository, 'snapshots/abc', SHARD));
    const files = await findData(folder.path, PIQA);
    assert.deepEqual(files, [join(repository, 'snapshots/abc', SHARD)]);
    assert.equal((await readDocuments(files[0]!)).length, 4);
  });
});

describe('a cache of datasets', () => {
  it('takes what was prepared last', async () => {
    await using folder = await temporaryFolder();
    const files = ['1', '2', '3'].map((hash) => `nyu-mll___glue/sst2/0.0.0/${hash}/glue-validation.arrow`);
    const unfinished = 'nyu-mll___glue/sst2/0.0.0/4.incomplete/glue-validation.arrow';
    await lay(folder.path, [...files, unfinished]);
    await utimes(dirname(join(folder.path, unfinished)), 2_100_000_000, 2_100_000_000);
    for (const [i, file] of files.entries()) {
      await utimes(dirname(join(folder.path, file)), 2_000_000_000 + i, 2_000_000_000 + i);
      assert.deepEqual(await findData(folder.path, SST2), [join(folder.path, file)]);
    }
  });
  it('takes shards, and the only or the default configuration', async () => {
    const shards = [0, 1].map(
      (i) => `datasets/baber___piqa/plain_text/1.1.0/f/piqa-validation-0000${i}-of-00002.arrow`,
    );
    assert.deepEqual(await find(shards, PIQA), shards);
    const other = 'datasets/baber___piqa/default/1.1.0/f/piqa-validation.arrow';
    assert.deepEqual(await find([...shards, other], PIQA), [other]);
    await refuses(find([...shards, other.replace('default', 'b')], PIQA), /piqa\/b and .*piqa\/plain_text/);
    assert.equal(await find(shards, { ...PIQA, datasetName: 'other' }), undefined);
  });
  it('names datasets as datasets does', () =>
    assert.deepEqual(['MMLU-Pro', 'HellaSwag', 'ai2_arc', 'SQuADv2'].map(snakeCase), [
      'mmlu-pro',
      'hella_swag',
      'ai2_arc',
      's_qu_a_dv2',
    ]));
});

describe('what save_to_disk writes', () => {
  const state = (split: string | null, file: string): string =>
    `state.json = ${JSON.stringify({ _data_files: [{ filename: file }], _split: split })}`;

  it('goes by its own word', async () => {
    const one = (split: string | null): string[] => [`sst2/${state(split, 'data-00000-of-00001.arrow')}`];
    assert.deepEqual(await find(one('validation')), ['sst2/data-00000-of-00001.arrow']);
    assert.deepEqual(await find(one('dev')), ['sst2/data-00000-of-00001.arrow']);
    assert.equal(await find(one('train')), undefined);
    assert.equal(await find(one(null)), undefined);
    assert.deepEqual(await find([`sst2/dev/${state(null, 'x.arrow')}`]), ['sst2/dev/x.arrow']);
  });
  it('cannot lead elsewhere', async () => {
    await refuses(find([`sst2/dev/${state(null, '../x.arrow')}`]), /names a file outside its folder: "\.\.\/x\.arrow"/);
    assert.equal(
      await find(['sst2/dataset_dict.json = {"splits": ["../dev"]}', `dev/${state(null, 'x.arrow')}`]),
      undefined,
    );
    const outside = ['sst2/dataset_dict.json = {"splits": ["../dev"]}', `dev/${state(null, 'x.arrow')}`];
    assert.equal(await find(outside, { ...SST2, split: '../dev' }), undefined);
    await refuses(find(['sst2/dataset_dict.json = {"splits": 5}']), /dataset_dict\.json: splits/);
    assert.deepEqual(
      await find(['sst2/dataset_dict.json = {"splits": ["train", "val"]}', `sst2/val/${state('val', 'x.arrow')}`]),
      ['sst2/val/x.arrow'],
    );
  });
});
