/** Every row of README's table by the built command line: both outputs, or the reason why there is no adapter. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readmeWithTable } from '../../../scripts/variantTable.ts';
import type { PortResult } from '../../../src/port/port.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';
import { variantRows } from '../../support/variantTable.ts';

const CLI = join(ROOT, 'dist/cli.js');
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function portllm(...args: string[]): Promise<Ended> {
  return run(process.execPath, [CLI, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );
}

describe("the rows of README's table", { concurrency: 2 }, () => {
  it('are those of README', async () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    assert.equal(await readmeWithTable(readme), readme, 'npm run readme writes the table anew');
  });

  for (const { title, variant } of variantRows())
    it(title, async () => {
      await using folder = await temporaryFolder();
      const from = variant.needsOldBase ? ['--from', variant.from] : [];
      const port = (as: string): Promise<Ended> =>
        portllm(
          'port',
          variant.patch,
          '--onto',
          variant.onto,
          ...from,
          '--as',
          as,
          '--out',
          join(folder.path, as),
          '--json',
          '--device',
          'cpu',
        );
      const checkpoint = await port('checkpoint');
      assert.equal(checkpoint.code, 0, checkpoint.stderr);
      const { provenance } = JSON.parse(checkpoint.stdout) as PortResult;
      assert.equal(provenance.needsOldBase, variant.needsOldBase);
      assert.equal(provenance.coverage.matchedPatchTensors, provenance.coverage.patchTensors);
      assert.equal((await portllm('verify', join(folder.path, 'checkpoint'), '--device', 'cpu')).code, 0);
      const adapter = await port('adapter');
      assert.equal(adapter.code, variant.adapter ? 0 : 2, adapter.stderr);
      if (!variant.adapter) assert.match(adapter.stderr, /rescales the base it was trained on/);
      if (variant.needsOldBase) {
        const without = await portllm(
          'port',
          variant.patch,
          '--onto',
          variant.onto,
          '--out',
          join(folder.path, 'x'),
          '--dry-run',
        );
        assert.equal(without.code, 2);
        assert.match(without.stdout, /name that base \(--from OLD\)/);
      }
    });
});
