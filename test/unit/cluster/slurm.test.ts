/** Ports as jobs of a real Slurm, on this machine. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../../../src/cluster/job.ts';
import { ROOT } from '../../support/paths.ts';
import { allDone, allOver, CLI, SlurmCli } from '../../support/slurmCli.ts';
import { onSlurm } from '../../support/onSlurm.ts';
import { whyNoSlurm } from '../../support/slurmCluster.ts';

const PATCH = join(ROOT, 'samples/patches/mood');
const ONTO = join(ROOT, 'samples/models/storyteller-v2');

await onSlurm('a port on a Slurm cluster', (cluster) => {
  const scratch = cluster.folder;
  const cli = new SlurmCli(cluster);

  const portTo = (out: string, ...more: readonly string[]): string[] => [
    'port',
    PATCH,
    '--onto',
    ONTO,
    '--out',
    out,
    ...more,
  ];
  const submit = (out: string, ...more: readonly string[]): Promise<Job> => cli.submit(portTo(out, ...more));

  it('gives the bytes of a local one, from three parts', async () => {
    const [here, there] = [join(scratch, 'here'), join(scratch, 'there')];
    assert.equal((await cli.run(portTo(here, '--device', 'cpu'))).status, 0);
    const { status, out, err } = await cli.run(portTo(there, '--runner', 'slurm', '--parts', '3'));
    assert.equal(status, 0, err);
    assert.match(out, /Submitted 3 parts of 3 as job \d+[^]*Ported mood onto storyteller-v2/);
    const names = (await readdir(here)).sort();
    assert.deepEqual((await readdir(there)).sort(), names);
    for (const name of names)
      assert.deepEqual(await readFile(join(there, name)), await readFile(join(here, name)), name);
    assert.ok(!(await readdir(scratch)).some((name) => name.includes('portllm-parts')));
  });

  it('names a part that was killed, and submits that alone again', async () => {
    const out = join(scratch, 'killed');
    const job = await submit(
      out,
      ...(await cli.profile('setup: ["[ \\"${SLURM_ARRAY_TASK_ID:-}\\" != 2 ] || sleep 30"]')),
    );
    await cli.until(out, (states) => states.find(({ what }) => what === 'part 2')?.state === 'running');
    cluster.command('scancel', ['--signal=KILL', '--full', `${job.array}_2`]);
    const states = await cli.until(out, allOver);
    assert.deepEqual(
      states.map(({ what, state }) => `${what}: ${state}`),
      ['look at a node: done', 'part 1: done', 'part 2: failed', 'part 3: done', 'putting together: failed'],
    );
    const again = await submit(out);
    assert.deepEqual(again.parts, [2]);
    await cli.until(out, allDone);
  });

  it('is not put together while a part is missing, and the part is said with the end of its log', async () => {
    const out = join(scratch, 'missing %a part');
    const setup = 'setup: ["[ \\"${SLURM_ARRAY_TASK_ID:-}\\" != 3 ] || { echo no such module; exit 1; }"]';
    const { status, err } = await cli.run(portTo(out, '--runner', 'slurm', ...(await cli.profile(setup))));
    assert.equal(status, 1, err);
    assert.match(err, /part 3 +failed[^]*no such module[^]*submits what is missing again/);
    assert.ok(!(await readdir(scratch)).includes('missing %a part'));
    const refused = await cli.run(['assemble', out]);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /1 of 3 shards are missing: model-00003/);
  });

  it('submits a part again that was written from a base which has changed since', async () => {
    const [out, base] = [join(scratch, 'changed'), join(scratch, 'base')];
    await cp(ONTO, base, { recursive: true });
    const request = ['port', PATCH, '--onto', base, '--out', out];
    for (const part of ['1/3', '2/3']) assert.equal((await cli.run([...request, '--part', part])).status, 0);
    const submitted = (): Promise<Job> => cli.submit(request);
    const first = await submitted();
    assert.deepEqual(first.parts, [3]);
    await cli.run(['jobs', out, '--cancel']);
    await utimes(join(base, 'model-00001-of-00003.safetensors'), new Date(), new Date(0));
    assert.deepEqual((await submitted()).parts, [1, 2, 3]);
    await cli.until(out, allDone);
    const again = await cli.run([...request, '--runner', 'slurm']);
    assert.equal(again.status, 2);
    assert.match(again.err, /changed exists already/);
  });

  it('waits while the node is drained, says why, and goes on', async () => {
    const [out, node] = [join(scratch, 'drained'), cluster.command('sinfo', ['-h', '-o', '%n']).trim()];
    cluster.command('scontrol', ['update', `nodename=${node}`, 'state=drain', 'reason=test']);
    await submit(out);
    const states = await cli.until(out, ([first]) => first?.state === 'queued' && first.reason !== 'None');
    assert.match(states[0]?.reason ?? '', /DRAIN|NodeDown|Resources|Nodes/i);
    cluster.command('scontrol', ['update', `nodename=${node}`, 'state=resume']);
    await cli.until(out, allDone);
  });

  it('runs no part where a node cannot run us, and says so', async () => {
    const out = join(scratch, 'blind');
    const options = await cli.profile('setup: ["export NODE_OPTIONS=--require=/nowhere.cjs"]');
    const { status, err } = await cli.run(portTo(out, '--runner', 'slurm', ...options));
    assert.equal(status, 1, err);
    assert.match(err, /look at a node +failed[^]*cannot run cli\.js/);
    assert.ok(!err.includes('part 1'), err);
  });

  for (const [what, text, says] of [
    ['the first job', 'partition: nowhere', /sbatch refused: .*partition/i],
    ['a later one, and takes the first back', 'gres: nothing:1', /sbatch refused: .*gres/i],
  ] as const)
    it(`ends with what sbatch says where that refuses ${what}`, async () => {
      const out = join(scratch, 'refused');
      const { status, err } = await cli.run(portTo(out, '--runner', 'slurm', ...(await cli.profile(text))));
      assert.equal(status, 1);
      assert.match(err, says);
      assert.equal(cluster.command('squeue', ['-h', '-t', 'PENDING,RUNNING']).trim(), '');
    });

  it('is taken back on Ctrl+C, and by portllm jobs --cancel', async () => {
    const options = await cli.profile('setup: [sleep 30]');
    const child = spawn(
      process.execPath,
      [CLI, ...portTo(join(scratch, 'given-up'), '--runner', 'slurm', ...options)],
      {
        env: cluster.env,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const [status] = (await once(child, 'exit')) as [number | null];
    assert.equal(status, 1);
    await submit(join(scratch, 'taken-back'), ...options);
    await cli.run(['jobs', join(scratch, 'taken-back'), '--cancel']);
    for (let round = 0; round < 50 && cluster.command('squeue', ['-h']).trim() !== ''; round++) await sleep(200);
    assert.equal(cluster.command('squeue', ['-h']).trim(), '');
  });

  it('is refused with more parts than shards, and where there is no Slurm', async () => {
    const many = await cli.run(portTo(join(scratch, 'many'), '--runner', 'slurm', '--parts', '4'));
    assert.equal(many.status, 2);
    assert.match(many.err, /There are 3 shards, which cannot be divided into 4 parts/);
    const bare = await cli.run(portTo(join(scratch, 'bare'), '--runner', 'slurm'), {
      ...cluster.env,
      PATH: '/nowhere',
    });
    assert.equal(bare.status, 2);
    assert.match(bare.err, /sbatch is not here/);
  });
});

it('tells where there is no Slurm', () => {
  const why = whyNoSlurm();
  assert.equal(
    why === undefined,
    spawnSync('which', ['slurmctld'], { stdio: 'ignore' }).status === 0 && process.getuid?.() === 0,
  );
});
