/** Scripts for Slurm, and what people write into profiles. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readProfile, type Profile } from '../../../src/cluster/profile.ts';
import {
  assembleScript,
  logOption,
  PART_LOG,
  partScript,
  probeScript,
  quoted,
  type Scripts,
} from '../../../src/cluster/script.ts';
import { temporaryFolder } from '../../support/paths.ts';

const SCRIPTS: Scripts = {
  ...{ name: "a port's out", out: "/data/it's $HOME", folder: '/data/.parts/slurm', inputs: ['/models/a b'] },
  ...{ count: 8, memoryBytes: 1_500_000_000, node: '/opt/node', cli: '/opt/cli.js', version: '0.1.0', profile: {} },
  device: 'cpu',
};

function withProfile(profile: Profile): Scripts {
  return { ...SCRIPTS, profile };
}

describe('a script', () => {
  it('runs the part that the array names', () => {
    const text = partScript(SCRIPTS);
    assert.match(text, /^#!\/bin\/bash\n#SBATCH --job-name=portllm-part-a_port_s_out\n/);
    assert.equal(logOption('/data/50 %/slurm', PART_LOG), '--output=/data/50 %%/slurm/part-%a.log');
    assert.match(text, /\n#SBATCH --mem=1500M\n/);
    assert.ok(
      text.endsWith(
        `exec '/opt/node' '/opt/cli.js' part '/data/it'\\''s $HOME' "$SLURM_ARRAY_TASK_ID/8" --device cpu\n`,
      ),
    );
  });

  it('has what the profile says, the setup first', () => {
    const profile = { partition: 'gpu', account: 'lab', time: '01:00:00', memory: '8G', cpus: 4, gres: 'gpu:1' };
    const text = partScript(withProfile({ ...profile, extra: ['--exclusive'], setup: ['module load node'] }));
    for (const option of [
      'partition=gpu',
      'account=lab',
      'time=01:00:00',
      'mem=8G',
      'cpus-per-task=4',
      'gres=gpu:1',
      'exclusive',
    ])
      assert.match(text, new RegExp(`^#SBATCH --${option}$`, 'm'));
    assert.ok(text.indexOf('module load node') < text.indexOf('exec '));
    assert.ok(!assembleScript(withProfile(profile)).includes('gres'), 'what only puts together needs no device');
  });

  it('is one that bash understands', () => {
    for (const text of [probeScript(SCRIPTS), partScript(SCRIPTS), assembleScript(SCRIPTS)]) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
  });

  for (const [what, codes, status, tries] of [
    ['at once', [0], 0, 1],
    ['once what is missing has come', [2, 0], 0, 2],
    ['never, where it stays away', [2, 2], 2, 2],
    ['never, where something else is wrong', [1], 1, 1],
  ] as const)
    it(`puts together ${what}`, async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const command = async (name: string, text: string): Promise<void> => {
        await writeFile(at(name), `#!/bin/sh\n${text}\n`);
        await chmod(at(name), 0o755);
      };
      await writeFile(at('codes'), codes.join('\n'));
      await command('sleep', 'exit 0');
      await command('node', `cd '${folder.path}'; echo x >> tries; exit $(sed -n "$(wc -l < tries)p" codes)`);
      const env = { ...process.env, PATH: `${folder.path}:${process.env.PATH ?? ''}` };
      const input = assembleScript({ ...SCRIPTS, node: at('node') });
      assert.equal(spawnSync('bash', [], { input, env }).status, status);
      assert.equal((await readFile(at('tries'), 'utf8')).length, 2 * tries);
    });

  it('holds any path as one word, and none with a line end', () => {
    for (const path of ["it's", 'a b', '$(id)', '`id`', '"', '\\', '*', '-n'])
      assert.equal(spawnSync('bash', ['-c', `printf %s ${quoted(path)}`], { encoding: 'utf8' }).stdout, path);
    assert.throws(() => quoted('a\nb'), { name: 'InputError' });
  });
});

describe('a profile', () => {
  async function read(text: string): Promise<Profile> {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'profile.yaml');
    await writeFile(path, text);
    return await readProfile(path);
  }

  it('is read from YAML', async () => {
    assert.deepEqual(await read('partition: gpu\ncpus: 4\nsetup:\n  - module load node\n'), {
      partition: 'gpu',
      cpus: 4,
      setup: ['module load node'],
    });
    assert.deepEqual(await read(''), {});
  });

  for (const [what, text, says] of [
    ['an unknown word', 'queue: gpu', /queue/],
    ['a wrong type', 'cpus: many', /cpus/],
    ['two lines in one', 'partition: "gpu\\nrm -rf x"', /partition: it is more than one line/],
    ['an option without a dash', 'extra: [exclusive]', /it must begin with a dash/],
    ['no YAML', 'partition: [', /is no YAML/],
  ] as const)
    it(`is refused with ${what}`, async () => {
      await assert.rejects(read(text), { name: 'InputError', message: says });
    });

  it('is refused where it is not there', async () => {
    await assert.rejects(readProfile('/nowhere/profile.yaml'), /Cannot read/);
  });
});
