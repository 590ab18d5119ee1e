/** Every command that the pages show is run, block after block of a page, in a folder with the samples. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import { pages, readPage, snippetsOf } from '../../support/markdown.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const CLI = join(ROOT, 'dist/cli.js');

describe('commands of the pages', () => {
  for (const page of pages().filter((path) => snippetsOf(readPage(path)).length > 0))
    it(page, async () => {
      await using folder = await temporaryFolder();
      await symlink(join(ROOT, 'samples'), join(folder.path, 'samples'));
      const command = join(folder.path, 'portllm');
      await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
      await chmod(command, 0o755);
      for (const code of snippetsOf(readPage(page))) {
        const env = { ...process.env, PATH: `${folder.path}${delimiter}${process.env.PATH ?? ''}` };
        const { status, stderr } = spawnSync('sh', ['-e', '-c', code], { cwd: folder.path, env, encoding: 'utf8' });
        assert.equal(status, 0, `${code}\n${stderr}`);
      }
    });

  it('are found', () => {
    assert.deepEqual(snippetsOf('```sh\na\nb\n```\n```bash\nc\n```\n```text\nd\n```\n'), ['a\nb\n']);
    assert.ok(pages().flatMap((page) => snippetsOf(readPage(page))).length >= 7);
  });
});
