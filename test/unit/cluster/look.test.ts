/** What Slurm says of jobs, as states: by a squeue and a sacct of the test's own, for what no test can wait for. */
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import { PartsFolder } from '../../../src/base/partsFolder.ts';
import { slurmFolder, type Job } from '../../../src/cluster/job.ts';
import { lookAt, MADE, type PartState } from '../../../src/cluster/look.ts';
import { failureOf, summaryOf } from '../../../src/cluster/words.ts';
import { temporaryFolder } from '../../support/paths.ts';

interface Said {
  readonly squeue: string;
  readonly sacct?: string;
  /** Part 1's log. */
  readonly log?: string;
  /** The job ends while Slurm is asked. */
  readonly ends?: boolean;
}

/** The states of a job of two parts, of which the second is done. */
async function looked({ squeue, sacct = '', log, ends = false }: Said): Promise<readonly PartState[]> {
  await using folder = await temporaryFolder();
  const [out, bin] = [join(folder.path, 'out'), join(folder.path, 'bin')];
  await mkdir(slurmFolder(out), { recursive: true });
  await mkdir(bin);
  for (const [name, text] of Object.entries({ squeue, sacct })) {
    // Of jobs that have ended the queue tells only who asks for all.
    const asks = name === 'squeue' ? `case "$*" in *--states=all*) ;; *) exit 0 ;; esac\n` : '';
    const end = ends ? `rm -rf '${new PartsFolder(out).folder}'; mkdir '${out}'; touch '${out}/portllm.json'\n` : '';
    await writeFile(join(bin, name), `#!/bin/sh\n${asks}${end}cat <<'END'\n${text}\nEND\n`);
    await chmod(join(bin, name), 0o755);
  }
  await writeFile(join(slurmFolder(out), 'probe.ok'), '');
  const done = join(folder.path, 'done');
  await writeFile(done, '');
  if (log !== undefined) await writeFile(join(slurmFolder(out), 'part-1.log'), log);
  const evidence = [[join(folder.path, 'missing')], [done]];
  const job: Job = { kind: 'port', probe: '1', array: '2', assemble: '5', count: 2, parts: [1, 2], evidence };
  const path = process.env.PATH;
  process.env.PATH = `${bin}${delimiter}${path ?? ''}`;
  try {
    return await lookAt(out, job);
  } finally {
    process.env.PATH = path;
  }
}

const short = (states: readonly PartState[]): string[] =>
  states.map(({ state, reason }) => `${state} ${reason}`.trim());

describe('what Slurm says of a job', () => {
  it('that waits and runs', async () => {
    const states = await looked({ squeue: '2_1|RUNNING|None\n5|PENDING|Dependency' });
    assert.deepEqual(short(states), ['done', 'running', 'done', 'queued Dependency']);
    assert.equal(summaryOf(states), '2 of 4 steps done, 1 running, 1 waiting (Dependency)');
    assert.deepEqual(
      await looked({ squeue: '2_1|RUNNING|None\n5|PENDING|Dependency', sacct: '2_1|FAILED' }).then(short),
      short(states),
      'accounts are of the past',
    );
  });

  for (const state of ['COMPLETING', 'CONFIGURING', 'SUSPENDED'])
    it(`that is ${state} runs`, async () => {
      assert.equal(short(await looked({ squeue: `2_1|${state}|None` }))[1], 'running');
    });

  it('that is put back into the queue waits', async () => {
    assert.equal(short(await looked({ squeue: '2_1|REQUEUED|BeginTime' }))[1], 'queued BeginTime');
  });

  it('that can never begin has failed', async () => {
    assert.equal(short(await looked({ squeue: '2_1|PENDING|DependencyNeverSatisfied' }))[1], 'failed');
  });

  for (const [ended, hint] of [
    ['TIMEOUT', /name a longer time in the profile/],
    ['OUT_OF_MEMORY', /name more memory in the profile/],
    ['NODE_FAIL', /^The same command submits what is missing again/],
  ] as const)
    it(`that ended as ${ended} has failed, with what may help`, async () => {
      const states = await looked({ squeue: `2_1|${ended}|None`, log: 'one\n\n[██░░] 50 % Porting\rtwo\n' });
      assert.deepEqual(short(states)[1], `failed ${ended}`);
      assert.deepEqual(states[1]?.log, ['one', 'two']);
      const { message, hint: said } = failureOf(states);
      assert.match(message, new RegExp(`part 1 +failed \\(${ended}\\)\\n +one\\n +two`));
      assert.match(said ?? '', hint);
    });

  it('that the queue has forgotten is told by the accounts', async () => {
    const states = await looked({ squeue: '', sacct: '2_1|CANCELLED by 1000\n5|CANCELLED' });
    assert.deepEqual(short(states), ['done', 'failed CANCELLED by 1000', 'done', 'failed CANCELLED']);
  });

  it('that ends while it is looked at is done', async () => {
    assert.deepEqual(await looked({ squeue: '5|COMPLETED|None', ends: true }), MADE);
  });

  it('that has ended well runs until what it makes can be seen', async () => {
    assert.equal(short(await looked({ squeue: '2_1|COMPLETED|None' }))[1], 'running');
  });

  it('that nobody remembers has failed, if what it makes is not there', async () => {
    assert.deepEqual(short(await looked({ squeue: '' })), ['done', 'failed', 'done', 'failed']);
  });
});
