/** A portllm.json of a stranger is not read where it leads out of its folder. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readProvenance } from '../../../src/port/provenanceFile.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { refusedSoon } from '../safetensors/refusedSoon.ts';

describe('portllm.json is refused soon where it is', () => {
  for (const target of ['/dev/zero', '../secret.json'])
    it(`through a link to ${target}`, async () => {
      await using folder = await temporaryFolder();
      const output = join(folder.path, 'output');
      await mkdir(output);
      await writeFile(join(folder.path, 'secret.json'), '{"secret":1}');
      await symlink(target, join(output, 'portllm.json'));
      await refusedSoon(() => readProvenance(output), /portllm\.json is a link that leads out of the folder/);
    });
  it('with very many lists within lists', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'portllm.json'), '{"tensors":'.padEnd(30_000, '[').padEnd(60_000, ']') + '}');
    await refusedSoon(() => readProvenance(folder.path), /portllm\.json/);
  });
});
