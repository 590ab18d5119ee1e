import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { readWhole } from '../../../src/base/openRegular.ts';
import { scan } from '../../../src/library/scan.ts';
import { temporaryFolder } from '../../support/paths.ts';

describe('openRegular', () => {
  it('refuses pipes and devices at once, and what is too large before it is read', async () => {
    await using folder = await temporaryFolder();
    const [pipe, zero, large] = ['pipe', 'zero', 'large'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('mkfifo', [pipe]);
    await symlink('/dev/zero', zero);
    await writeFile(large, 'x'.repeat(100));
    for (const path of [pipe, zero])
      await assert.rejects(readWhole(path, 10), (error) => {
        assert.ok(error instanceof InputError);
        return error.message === `Cannot read ${path}: it is no regular file.`;
      });
    await assert.rejects(readWhole(large, 99), /large is too large for what it should be \(100 bytes\)/);
    await assert.rejects(readWhole(folder.path, 10), /it is a folder/);
  });

  it('does not let pipes in the place of configurations hold up a scan', async () => {
    await using folder = await temporaryFolder();
    // More than the threads that all file operations share.
    for (let i = 0; i < 6; i++) {
      const model = join(folder.path, `model-${i}`);
      execFileSync('mkdir', [model]);
      execFileSync('mkfifo', [join(model, 'config.json'), join(model, 'model.safetensors')]);
    }
    const items = await scan([{ folder: folder.path, depth: 1 }], new AbortController().signal);
    assert.deepEqual(
      items.map(({ problem }) => problem?.includes('no regular file')),
      Array<boolean>(6).fill(true),
    );
    await stat(folder.path);
  });
});
