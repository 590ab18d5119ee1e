/** data_files of an lm-eval YAML, as datasets resolves them, but never out of the folders given. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { resolveDataFiles } from '../../../../src/evaluation/data/findData.ts';
import { temporaryFolder } from '../../../support/paths.ts';

const FILES = [
  'task/a.csv',
  'task/b.csv',
  'task/b-10.csv',
  'task/c.json',
  'task/README.md',
  'task/.hidden.csv',
  'task/data/x.csv',
  'task/data/deep/y.csv',
  'task/__cache__/z.csv',
  'task/.git/z.csv',
  'task/we[i]rd.csv',
  'other/o.csv',
];

async function resolveIn(
  dataFiles: unknown,
  split = 'train',
  roots?: readonly string[],
): Promise<string[] | undefined> {
  await using folder = await temporaryFolder();
  for (const file of FILES) {
    await mkdir(dirname(join(folder.path, file)), { recursive: true });
    await writeFile(join(folder.path, file), 'a\n1\n');
  }
  await symlink(join(folder.path, 'other'), join(folder.path, 'task/link'));
  await symlink(join(folder.path, 'task'), join(folder.path, 'task/data/loop'));
  const task = join(folder.path, 'task');
  const within = roots?.map((root) => join(folder.path, root));
  const given = JSON.parse(JSON.stringify(dataFiles ?? null).replaceAll('$ROOT', folder.path)) as unknown;
  const found = await resolveDataFiles(task, given, split, ...(within === undefined ? [] : [within]));
  return found?.map((file) => relative(task, file).replaceAll(sep, '/'));
}

function refuses(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(`${error.message} ${error.hint ?? ''}`, pattern);
    return true;
  });
}

describe('data_files', () => {
  it('without a split are train', async () => {
    assert.deepEqual(await resolveIn('a.csv'), ['a.csv']);
    assert.deepEqual(await resolveIn(['b.csv', 'a.csv']), ['b.csv', 'a.csv']);
    assert.equal(await resolveIn('a.csv', 'test'), undefined);
  });
  it('go by the name of the split', async () => {
    const files = { test: 'a.csv', validation: ['data/x.csv', 'b.csv'] };
    assert.deepEqual(await resolveIn(files, 'test'), ['a.csv']);
    assert.deepEqual(await resolveIn(files, 'validation'), ['data/x.csv', 'b.csv']);
    assert.equal(await resolveIn(files, 'dev'), undefined);
    assert.deepEqual(await resolveIn([{ split: 'test', path: ['a.csv'] }], 'test'), ['a.csv']);
  });
  it('may be patterns', async () => {
    const cases: Record<string, readonly string[]> = {
      '*.csv': ['a.csv', 'b-10.csv', 'b.csv', 'we[i]rd.csv'],
      '?.csv': ['a.csv', 'b.csv'],
      '[ac].*': ['a.csv', 'c.json'],
      '[!a-b].*': ['c.json'],
      'b*[0-9].csv': ['b-10.csv'],
      'we[[]i]rd.csv': ['we[i]rd.csv'],
      '.*.csv': ['.hidden.csv'],
      '*.md': [],
      '**/*.csv': ['a.csv', 'b-10.csv', 'b.csv', 'data/deep/y.csv', 'data/x.csv', 'we[i]rd.csv'],
      'data/**': ['data/deep/y.csv', 'data/x.csv'],
      '**/y.csv': ['data/deep/y.csv'],
      '*/*.csv': ['data/x.csv', 'link/o.csv'],
      'data/../[a]*': ['a.csv'],
      './b.[c]sv': ['b.csv'],
      '__*/*.csv': ['__cache__/z.csv'],
    };
    for (const [pattern, files] of Object.entries(cases))
      if (files.length > 0) assert.deepEqual(await resolveIn(pattern), files, pattern);
      else await refuses(resolveIn(pattern), /has no such file/);
  });
  it('are where the roots are, and nowhere else', async () => {
    for (const path of ['../other/o.csv', '../other/*', '$ROOT/other/o.csv', 'data/../../other/o.csv'])
      await refuses(resolveIn(path), /is outside .*task/);
    await refuses(resolveIn('../task2/*'), /is outside/);
    assert.deepEqual(await resolveIn('$ROOT/other/*.csv', 'train', ['task', 'other']), ['../other/o.csv']);
    assert.deepEqual(await resolveIn('$ROOT/task/a.csv'), ['a.csv']);
    assert.deepEqual(await resolveIn('link/o.csv'), ['link/o.csv']);
  });
  it('may lie in a folder whose name looks like a pattern', async () => {
    await using folder = await temporaryFolder();
    const task = join(folder.path, 'a [1]');
    await mkdir(task);
    await writeFile(join(task, 'x.csv'), '');
    for (const pattern of ['x.csv', '*.csv'])
      assert.deepEqual(await resolveDataFiles(task, pattern, 'train', [folder.path]), [join(task, 'x.csv')]);
  });
  it('are never remote', async () => {
    for (const path of ['https://example.org/a.csv', 'hf://datasets/a/b.csv', 'zip://a.csv::b.zip', 'a.csv::b.zip'])
      await refuses(resolveIn(path), /nothing is downloaded/);
  });
  it('are not searched for without end', async () => {
    await using folder = await temporaryFolder();
    const deep = Array.from({ length: 9 }, (_, i) => String(i));
    for (const i of deep.keys()) {
      const path = join(folder.path, ...deep.slice(0, i + 1));
      await mkdir(path);
      await Promise.all(Array.from({ length: 100 }, (_, file) => writeFile(join(path, `${file}.txt`), '')));
    }
    assert.deepEqual(await resolveDataFiles(folder.path, '**/8/7.[t]xt', 'train'), [
      join(folder.path, ...deep, '7.txt'),
    ]);
    await refuses(resolveDataFiles(folder.path, '**/**/**/**/**/**/**/x*', 'train'), /has no such file/);
    const ways = `${'**/?/'.repeat(30)}x*`;
    await refuses(resolveDataFiles(folder.path, ways, 'train'), /has no such file/);
    await Promise.all(Array.from({ length: 100 }, (_, i) => symlink('.', join(folder.path, `again${i}`))));
    await refuses(resolveDataFiles(folder.path, '*/*/*/x*', 'train'), /matches against too many files/);
  });
  it('that name nothing, or are no paths, are refused', async () => {
    for (const path of ['missing.csv', 'data', '*.parquet', '[', ''])
      await refuses(resolveIn(path), /has no such file/);
    for (const value of [null, 5, [5], { test: 5 }, { test: { a: 'b' } }])
      await refuses(resolveIn(value), /must be a path/);
  });
});
