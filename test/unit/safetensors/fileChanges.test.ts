import assert from 'node:assert/strict';
import { truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

describe('a file that changes while it is open', () => {
  const CHANGES: Record<string, (path: string) => Promise<void>> = {
    'is written again': async (path) => {
      await writeSafetensors(path, { a: [1000] });
      await utimes(path, 1, 1); // a clock's tick may be longer than this test
    },
    grows: (path) => writeFile(path, '!', { flag: 'a' }),
    shrinks: (path) => truncate(path, 1000),
  };
  for (const [how, change] of Object.entries(CHANGES))
    it(`is noticed when it ${how}`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'x.safetensors');
      await writeSafetensors(path, { a: [1000] });
      await using file = await TensorFile.open(path);
      await file.assertUnchanged();
      await change(path);
      await assert.rejects(file.assertUnchanged(), { name: 'InputError', message: /changed while it was being read/ });
    });

  it('is noticed by its size even with the same time', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'x.safetensors');
    await writeSafetensors(path, { a: [1000] });
    await utimes(path, 1, 1);
    await using file = await TensorFile.open(path);
    await truncate(path, 2000);
    await utimes(path, 1, 1);
    await assert.rejects(file.assertUnchanged(), /changed while it was being read/);
  });

  it('is not read past its new end', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'x.safetensors');
    await writeSafetensors(path, { a: [1000] });
    await using file = await TensorFile.open(path);
    await truncate(path, 1000);
    const message = `${path} ended while it was being read.`;
    await assert.rejects(file.readTensor('a'), { name: 'InputError', message });
  });
});
