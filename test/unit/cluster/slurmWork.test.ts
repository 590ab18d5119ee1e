/** Diagnoses, evaluations and matrices as jobs of a real Slurm, on this machine. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { MatrixState } from '../../../src/evaluation/matrix/types.ts';
import { ROOT } from '../../support/paths.ts';
import { allDone, allOver, SlurmCli } from '../../support/slurmCli.ts';
import { onSlurm } from '../../support/onSlurm.ts';

const sample = (path: string): string => join(ROOT, 'samples', path);
const PATCH = sample('patches/kind');
const V1 = sample('models/storyteller-v1');
const V2 = sample('models/storyteller-v2');
const TASKS = [sample('tasks/kind.test.jsonl'), sample('tasks/mood.test.jsonl')];

await onSlurm('work on a Slurm cluster', (cluster) => {
  const scratch = cluster.folder;
  const cli = new SlurmCli(cluster);

  const good = async (args: readonly string[]): Promise<string> => {
    const { status, out, err } = await cli.run(args);
    assert.equal(status, 0, err);
    return out;
  };

  it('diagnoses in parts to the report of a local diagnosis', async () => {
    const [here, there] = [join(scratch, 'here.diagnosis.json'), join(scratch, 'there.diagnosis.json')];
    const request = ['diagnose', PATCH, '--onto', V2, '--from', V1, '--against', sample('reference/kind-retrained')];
    await good([...request, '--out', here, '--device', 'cpu']);
    const out = await good([...request, '--out', there, '--runner', 'slurm', '--parts', '2']);
    assert.match(out, /Submitted 2 parts of 2[^]*kind on storyteller-v2/);
    const read = async (path: string): Promise<string> => (await readFile(path, 'utf8')).replace(/"made": .*/, '');
    assert.equal(await read(there), await read(here));
  });

  it('evaluates in parts to the samples of a local evaluation, and takes up what a killed part has answered', async () => {
    const [here, there] = [join(scratch, 'here'), join(scratch, 'there')];
    const request = ['evaluate', V2, '--patch', PATCH, '--task', TASKS[0] ?? '', '--task', TASKS[1] ?? ''];
    const limited = [...request, '--limit', '200', '--device', 'cpu'];
    await good([...limited, '--out', here]);
    const setup = 'setup: ["[ \\"${SLURM_ARRAY_TASK_ID:-}\\" != 2 ] || sleep 30"]\ncpus: 1';
    const job = await cli.submit([...limited, '--out', there, '--parts', '3', ...(await cli.profile(setup))]);
    await cli.until(there, (states) => states.find(({ what }) => what === 'part 2')?.state === 'running');
    cluster.command('scancel', ['--signal=KILL', '--full', `${job.array}_2`]);
    const states = await cli.until(there, allOver);
    assert.deepEqual(
      states.map(({ what, state }) => `${what}: ${state}`),
      ['look at a node: done', 'part 1: done', 'part 2: failed', 'part 3: done', 'putting together: failed'],
    );
    const refused = await cli.run(['assemble', there]);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /Answers are missing: \d+ items of storyteller-v2 \+ kind/);
    assert.deepEqual((await cli.submit([...limited, '--out', there, '--parts', '3'])).parts, [2]);
    await cli.until(there, allDone);
    const samplesIn = async (out: string): Promise<string[]> => {
      const folder = join(out, 'storyteller-v2+kind@1');
      const names = (await readdir(folder)).filter((name) => name.startsWith('samples')).sort();
      return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    };
    const whole = await samplesIn(here);
    assert.equal(whole.length, 2);
    assert.deepEqual(await samplesIn(there), whole);
  });

  it('fills a matrix of two patches, two bases and two tasks, as one array, and goes on with what is missing', async () => {
    const file = join(scratch, 'two.portllm-matrix.yaml');
    const spec = {
      patches: { kind: PATCH, mood: sample('patches/mood') },
      bases: { v1: V1, v2: V2 },
      tasks: TASKS,
      retrained: { v2: { kind: sample('reference/kind-retrained') } },
      limit: 40,
    };
    await writeFile(file, JSON.stringify(spec));
    const out = join(scratch, 'two');
    const setup = 'setup: ["[ \\"${SLURM_ARRAY_TASK_ID:-}\\" != 5 ] || { echo no such module; exit 1; }"]\ncpus: 1';
    const first = await cli.submit(['matrix', file, '--device', 'cpu', ...(await cli.profile(setup))]);
    assert.equal(first.parts.length, 14);
    const failed = (await cli.until(out, allOver)).filter(({ state }) => state === 'failed');
    assert.deepEqual(failed.map(({ what }) => what).sort(), ['part 5', 'putting together']);
    assert.deepEqual(failed.find(({ what }) => what === 'part 5')?.log, ['no such module']);
    const again = await cli.submit(['matrix', file, '--device', 'cpu']);
    assert.deepEqual(again.parts, [5]);
    await cli.until(out, allDone);
    const there = JSON.parse(await good(['matrix', file, '--json', '--device', 'cpu'])) as MatrixState;
    assert.equal(there.done, 14);
    // A matrix of this machine has the same numbers.
    const here = JSON.parse(
      await good(['matrix', file, '--json', '--device', 'cpu', '--out', join(scratch, 'two-here')]),
    ) as MatrixState;
    const numbers = ({ cells, bases }: MatrixState): unknown => [
      bases,
      cells.map((row) => row.map((cell) => ({ ...cell, sources: cell.sources.length }))),
    ];
    assert.deepEqual(numbers(there), numbers(here));
  });
});
