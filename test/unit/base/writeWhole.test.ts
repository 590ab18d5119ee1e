import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { writeWhole } from '../../../src/base/writeWhole.ts';
import { temporaryFolder } from '../../support/paths.ts';

describe('writeWhole', () => {
  it('takes the place of a file only where it is told to, and leaves nothing else behind', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.json');
    await writeWhole(path, 'first', false);
    await assert.rejects(writeWhole(path, 'second', false), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /a\.json.*it exists already/);
      return true;
    });
    assert.equal(await readFile(path, 'utf8'), 'first');
    await writeWhole(path, 'third', true);
    assert.equal(await readFile(path, 'utf8'), 'third');
    assert.deepEqual(await readdir(folder.path), ['a.json']);
  });
});
