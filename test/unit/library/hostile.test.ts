/** Files beside one another that contradict or exhaust: told of in few words, or refused. */
import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openGlance } from '../../../src/library/glance/glance.ts';
import { inspect } from '../../../src/library/inspect.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { doneSoon, refusedSoon } from '../safetensors/refusedSoon.ts';

const INDEX = 'model.safetensors.index.json';

async function glance(map: object): Promise<{ tensors: number; warnings: readonly string[] }> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, INDEX), JSON.stringify({ weight_map: map }));
  const { tensors, summary } = await openGlance(join(folder.path, INDEX));
  return { tensors: tensors.length, warnings: summary.warnings };
}

describe('an index at a glance', () => {
  it('tells of two hundred of thirty thousand files that are missing', async () => {
    const map = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`t${i}`, `../f${i}.safetensors`]));
    const { tensors, warnings } = await doneSoon(() => glance(map));
    assert.equal(tensors, 30_000);
    assert.equal(warnings.length, 201);
    assert.match(warnings.at(-1) ?? '', /^29800 more files of the index cannot be read\.$/);
  });
  it('shortens what is long', async () => {
    const { warnings } = await glance({ w: 'n'.repeat(1_000_000) });
    assert.match(warnings[0] ?? '', /^n{200}… \(1 tensor of the index\) is missing/);
    await refusedSoon(() => glance({ ['n'.repeat(1_000_000)]: 1 }), /the file of tensor "n{200}…" is not a text/);
  });
});

it('a ported model is not inspected through a link', async () => {
  await using folder = await temporaryFolder();
  await symlink('/dev/zero', join(folder.path, 'portllm.json'));
  await refusedSoon(() => inspect(folder.path), /portllm\.json is a link that leads out of the folder, to \/dev\/zero/);
});
