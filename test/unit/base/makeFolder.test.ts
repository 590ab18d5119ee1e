import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeFolder } from '../../../src/base/makeFolder.ts';
import { temporaryFolder } from '../../support/paths.ts';

describe('makeFolder', () => {
  it('makes all that is missing, and says where it began', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a', 'b', 'c');
    assert.equal(await makeFolder(path), join(folder.path, 'a'));
    assert.ok((await stat(path)).isDirectory());
    assert.equal(await makeFolder(path), undefined);
  });

  it('is no race', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
    assert.ok((await stat(path)).isDirectory());
  });

  it('fails where a file is in the way, and where none can be made', { timeout: 20_000 }, async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    await assert.rejects(makeFolder(join(folder.path, 'file', 'a')), { code: 'ENOTDIR' });
    await assert.rejects(makeFolder(join(folder.path, 'file')), { code: 'EEXIST' });
    if (process.platform === 'linux') await assert.rejects(makeFolder('/proc/nothing/here'), { code: 'ENOENT' });
  });
});
