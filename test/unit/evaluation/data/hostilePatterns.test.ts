/** Patterns of data_files, and the cards of repositories, that strangers have written. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { expand } from '../../../../src/evaluation/data/dataFiles.ts';
import { findData, resolveDataFiles } from '../../../../src/evaluation/data/findData.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { refusedSoon, soon } from './hostile.ts';

const PATTERNS: Record<string, readonly [pattern: string, words: RegExp]> = {
  'a range that runs backwards': ['[z-a].json', /\[z-a\]\.json" in .* cannot be understood/],
  'a NUL': ['a\0b/*.json', /Cannot read .*: its name holds a NUL character/],
  'a NUL in a name': ['a\0b.json', /has no such file/],
  'twenty thousand **': [`${'**/'.repeat(20_000)}*.json`, /has no such file/],
  'eight ** over nineteen folders': [`${'**/'.repeat(8)}*.json`, /has no such file/],
  'eight ** with a name between them': [`${'**/a/'.repeat(8)}*.json`, /has no such file/],
  'a name of half a million marks': [`${'?'.repeat(500_000)}*.json`, /is too long/],
  'twenty thousand folders': [`${'x/'.repeat(20_000)}*.json`, /is too long/],
  'half a million letters': ['x'.repeat(500_000), /data_files names "x{200}…"/],
};

describe('a pattern is refused, soon, that holds', () => {
  for (const [name, [pattern, words]] of Object.entries(PATTERNS))
    it(name, async () => {
      await using folder = await temporaryFolder();
      await mkdir(join(folder.path, ...Array<string>(19).fill('a')), { recursive: true });
      await refusedSoon(() => resolveDataFiles(folder.path, { test: pattern }, 'test'), words);
    });
});

it('several ** find what one finds, and once', async () => {
  await using folder = await temporaryFolder();
  const files = ['x.csv', 'a/x.csv', 'a/a/x.csv', 'a/b/x.csv'].map((file) => join(folder.path, file));
  for (const file of files) {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '');
  }
  const find = (pattern: string): Promise<string[]> => expand(folder.path, pattern, [folder.path]);
  assert.deepEqual(await find('**/**/*.csv'), [...files].sort());
  assert.deepEqual(await find('**/a/**/[x].csv'), files.slice(1).sort());
  assert.deepEqual(await find('a/**'), files.slice(1).sort());
});

describe('a card', () => {
  const find = async (front: string): Promise<readonly string[] | undefined> => {
    await using folder = await temporaryFolder();
    const repository = join(folder.path, 'd');
    await mkdir(repository);
    await writeFile(join(repository, 'README.md'), `---\n${front}\n---\n`);
    await writeFile(join(repository, 'x.csv'), '');
    const query = { datasetPath: 'd', datasetName: undefined, split: 'test', taskName: 't' };
    return (await soon(() => findData(folder.path, query)))?.map((file) => file.slice(repository.length + 1));
  };
  const CONFIG = 'configs:\n- config_name: default\n  data_files:\n  - split: test\n    path: x.csv';
  const keys = Array.from({ length: 12_000 }, (_, i) => `k${i}: 1`).join('\n');

  it('is read, with twelve thousand keys too', async () => {
    assert.deepEqual(await find(CONFIG), ['x.csv']);
    assert.deepEqual(await find(`${CONFIG}\n${keys}`), ['x.csv']);
  });
  it('is no card where a key is repeated, it is nested without end, or too long', async () => {
    assert.equal(await find(`${CONFIG}\nk: 1\nk: 2`), undefined);
    assert.equal(await find(`${CONFIG}\nk: {a: 1, b: {c: 1, c: 2}}`), undefined);
    assert.equal(await find(`${CONFIG}\nk: ${'['.repeat(20_000)}`), undefined);
    assert.equal(await find(`${CONFIG}\nk: ${'x'.repeat(600_000)}`), undefined);
  });
});
