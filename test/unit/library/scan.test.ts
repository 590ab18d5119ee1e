/** Finding models and patches on the disk. */
import assert from 'node:assert/strict';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { LibraryItem, PatchItem } from '../../../src/library/item.ts';
import { traceLineage } from '../../../src/library/lineage.ts';
import { huggingFaceCache, scan, scanRoot } from '../../../src/library/scan.ts';
import { writeAdapter, writeCheckpoint } from '../../support/fixtures.ts';
import { SAMPLES, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const shown = (items: readonly LibraryItem[]): string[] => items.map(({ kind, name }) => `${kind} ${name}`);

describe('scan', () => {
  it('finds the samples, each once, whatever the roots', async () => {
    const roots = [
      { folder: SAMPLES, depth: 3 },
      { folder: join(SAMPLES, 'models'), depth: 1 },
    ];
    assert.deepEqual(shown(await scan(roots, NEVER)), [
      'patch kind',
      'patch kind-retrained',
      'patch mood',
      'patch mood-retrained',
      'baseModel storyteller-v1',
      'baseModel storyteller-v2',
    ]);
  });

  it('takes ~ for the home folder, and relative folders from here', () => {
    assert.deepEqual(scanRoot('~', 1), { folder: homedir(), depth: 1 });
    assert.equal(scanRoot('~/models', 1).folder, join(homedir(), 'models'));
    assert.equal(scanRoot('models', 1).folder, resolve('models'));
  });

  it('goes no deeper than it is told', async () => {
    assert.deepEqual(await scan([{ folder: SAMPLES, depth: 1 }], NEVER), []);
  });

  it('says what a base model and a patch are', async () => {
    const items = await scan([scanRoot(SAMPLES, 3)], NEVER);
    const base = items.find(({ name }) => name === 'storyteller-v2');
    assert.ok(base?.kind === 'baseModel');
    assert.deepEqual([base.shards, base.parameters, base.dtype], [3, 1_443_456, 'BF16']);
    const patch = items.find(({ name }) => name === 'kind');
    assert.ok(patch?.kind === 'patch');
    assert.deepEqual([patch.modules, patch.ranks, patch.dtype, patch.peftType], [30, [4, 8], 'F32', 'LORA']);
  });

  it('lists a folder that cannot be used with its problem', async () => {
    await using folder = await temporaryFolder();
    await writeCheckpoint(join(folder.path, 'lfs'), [{ w: [2] }]);
    await writeFile(join(folder.path, 'lfs', 'model.safetensors'), 'version https://git-lfs.github.com/spec/v1\n');
    const [item] = await scan([{ folder: folder.path, depth: 1 }], NEVER);
    assert.match(item?.problem ?? '', /Git LFS pointer/);
  });

  it('skips hidden folders, so that ports under way do not show', async () => {
    await using folder = await temporaryFolder();
    await writeCheckpoint(join(folder.path, '.out.portllm-1-ab'), [{ w: [2] }]);
    assert.deepEqual(await scan([{ folder: folder.path, depth: 2 }], NEVER), []);
  });

  it('reads the Hugging Face cache, through its links', async () => {
    await using folder = await temporaryFolder();
    const repository = join(folder.path, 'hub', 'models--org--tiny');
    await mkdir(join(repository, 'snapshots'), { recursive: true });
    await cp(join(SAMPLES, 'models/storyteller-v1'), join(repository, 'blobs'), { recursive: true });
    const snapshot = join(repository, 'snapshots', 'c0ffee');
    await mkdir(snapshot);
    for (const name of ['config.json', 'model.safetensors'])
      await symlink(join('..', '..', 'blobs', name), join(snapshot, name));
    const items = await scan([huggingFaceCache({ HF_HOME: folder.path })], NEVER);
    assert.deepEqual(
      items.map(({ name, problem }) => [name, problem]),
      [['org/tiny', undefined]],
    );
  });

  it('finds the cache where huggingface_hub does', () => {
    assert.equal(huggingFaceCache({ HF_HUB_CACHE: '/a', HF_HOME: '/b' }).folder, '/a');
    assert.equal(huggingFaceCache({ HF_HOME: '/b' }).folder, join('/b', 'hub'));
    assert.equal(huggingFaceCache({ XDG_CACHE_HOME: '/c' }).folder, join('/c', 'huggingface', 'hub'));
  });
});

describe('lineage', () => {
  it('joins patches and bases by path, else by the last part of the name', async () => {
    await using folder = await temporaryFolder();
    await writeCheckpoint(join(folder.path, 'Base-7B'), [{ w: [2] }]);
    await writeCheckpoint(join(folder.path, 'other'), [{ w: [2] }]);
    const names = ['org/base-7b', 'D:\\models\\Base-7B', join(folder.path, 'other'), 'nobody/knows'];
    for (const [i, name] of names.entries())
      await writeAdapter(join(folder.path, `patch-${i}`), {}, { config: { base_model_name_or_path: name } });
    const items = await scan([{ folder: folder.path, depth: 1 }], NEVER);
    const patches = items.filter((item): item is PatchItem => item.kind === 'patch');
    const { basesOf, patchesOf } = traceLineage(items);
    assert.deepEqual(
      patches.map((patch) => basesOf(patch).map(({ name }) => name)),
      [['Base-7B'], ['Base-7B'], ['other'], []],
    );
    const base = items.find((item) => item.kind === 'baseModel' && item.name === 'Base-7B');
    assert.ok(base?.kind === 'baseModel');
    assert.deepEqual(
      patchesOf(base).map(({ name }) => name),
      ['patch-0', 'patch-1'],
    );
  });
});
