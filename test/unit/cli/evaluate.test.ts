/** Evaluation and diagnosis on the built command line. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Diagnosis } from '../../../src/diagnostics/types.ts';
import type { Comparison } from '../../../src/evaluation/results/compare.ts';
import type { EvaluateResult } from '../../../src/evaluation/run/result.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../support/paths.ts';

const CLI = join(ROOT, 'dist/cli.js');
const OLD = join(SAMPLES, 'models/storyteller-v1');
const NEW = join(SAMPLES, 'models/storyteller-v2');
const KIND = join(SAMPLES, 'patches/kind');
const TASK = join(SAMPLES, 'tasks/kind.test.jsonl');

function portllm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
}

/** Whether the journal holds an answer. */
async function hasAnswers(out: string): Promise<boolean> {
  const journal = join(out, '.portllm-journal');
  const names = await readdir(journal).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(journal, name))).size));
  return names.some((name, i) => name.endsWith('.jsonl') && (sizes[i] ?? 0) > 0);
}

describe('portllm evaluate', () => {
  it('scores a model with a patch, and compares it with the model alone', async () => {
    await using folder = await temporaryFolder();
    const [alone, patched] = [join(folder.path, 'alone'), join(folder.path, 'patched')];
    const first = portllm('evaluate', NEW, '--task', TASK, '--limit', '40', '--out', alone, '--json');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stderr, /40 of 40 items/);
    const result = JSON.parse(first.stdout) as EvaluateResult;
    assert.deepEqual([result.items, result.complete], [{ answered: 40, asked: 40 }, true]);
    const second = portllm('evaluate', NEW, '--patch', KIND, '--task', TASK, '--limit', '40', '--out', patched);
    assert.equal(second.status, 0, second.stderr);
    assert.match(second.stdout, /kind\.test acc ↑\s+40\s+9\d\.\d ± \d/);
    const compared = portllm('compare', alone, patched, '--json');
    const { tables } = JSON.parse(compared.stdout) as Comparison;
    assert.ok((tables[0]?.differences[0]?.difference ?? 0) > 0.3);
    assert.match(portllm('compare', alone, patched).stdout, /better \(p < 0\.0001\)/);
  });

  it('keeps what was answered before Ctrl+C, and goes on', async () => {
    await using folder = await temporaryFolder();
    const args = [
      'evaluate',
      NEW,
      '--patch',
      KIND,
      '--task',
      TASK,
      '--out',
      folder.path,
      '--scales',
      '0,0.2,0.4,0.6,0.8,1',
    ];
    const stopped = spawn(process.execPath, [CLI, ...args, '--bootstrap', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    stopped.stdout.on('data', (data: Buffer) => (output += data.toString()));
    stopped.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    while (!(await hasAnswers(folder.path)) && stopped.exitCode === null) await sleep(20);
    stopped.kill('SIGINT');
    const [code] = (await once(stopped, 'exit')) as [number];
    assert.equal(code, 1, errors);
    assert.match(output, /Stopped: [1-9]\d* of 3000 items are kept/);
    const whole = portllm(...args, '--bootstrap', '0', '--json');
    assert.equal(whole.status, 0, whole.stderr);
    assert.deepEqual((JSON.parse(whole.stdout) as EvaluateResult).items, { answered: 3000, asked: 3000 });
  });

  const refused: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
    'no task': [[], /No task was named/],
    'a server without its model': [['--endpoint', 'http://127.0.0.1:1'], /--endpoint needs --served/],
    'a served name without a server': [['--served', 'x'], /--served needs --endpoint/],
    'an adapter without a server': [['--load-adapter', KIND], /--load-adapter needs --endpoint/],
    'scales without a patch': [['--scales', '0,1'], /--scales needs --patch/],
    'a control without a patch': [['--control'], /--control needs --patch/],
    'a control as exported': [['--task', TASK, '--patch', KIND, '--control', '--exported'], /do not go together/],
    'a task that is none': [['--task', 'nothing'], /The task "nothing" is not known/],
    'a patch that is a model': [['--task', TASK, '--patch', OLD], /is not a patch[^]*It is a model/],
    'a task without its data': [
      ['--task', 'boolq'],
      /documents of boolq .* were not found: no data folder is named[^]*--data/,
    ],
  };
  for (const [what, [args, says]] of Object.entries(refused))
    it(`refuses ${what}`, async () => {
      await using folder = await temporaryFolder();
      const { status, stderr } = portllm('evaluate', NEW, ...args, '--out', join(folder.path, 'out'));
      assert.equal(status, 2, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /bug in PortLLM/);
    });

  it('refuses a patch as a model, and says what is missing', async () => {
    await using folder = await temporaryFolder();
    const { status, stderr } = portllm('evaluate', KIND, '--task', TASK, '--out', join(folder.path, 'out'));
    assert.equal(status, 2);
    assert.match(stderr, /is no model: it has no config\.json[^]*It is a patch/);
  });

  it('lists tasks, and says which cannot be used', async () => {
    await using folder = await temporaryFolder();
    const all = portllm('tasks');
    assert.deepEqual([all.status, /gsm8k\s+generate_until/.test(all.stdout)], [0, true]);
    const broken = join(folder.path, 'broken.yaml');
    await writeFile(broken, 'task: x\n  nope');
    const { status, stdout } = portllm('tasks', TASK, broken);
    assert.equal(status, 2);
    assert.match(stdout, /kind\.test\s+multiple_choice\s+500 documents\n.*broken\.yaml\s+–/);
  });
});

describe('portllm diagnose', () => {
  it('says what the weights tell, in words and as JSON', () => {
    const args = ['diagnose', KIND, '--onto', NEW, '--from', OLD];
    const { status, stdout, stderr } = portllm(...args);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^kind on storyteller-v2, which came from storyteller-v1, scale 1: by its weights, fits\n/);
    assert.match(stdout, /cos\(W, W′\) is 0\.995 over all/);
    assert.match(stdout, /\n {2}attention\s+24 /);
    const { tensors, all } = JSON.parse(portllm(...args, '--directions', '0', '--json').stdout) as Diagnosis;
    assert.deepEqual([tensors.length, all.tensors, tensors[0]?.kept], [30, 30, null]);
  });

  it('refuses a patch that does not fit', () => {
    const other = join(ROOT, 'test/golden/variants/cases/bases/llama-new');
    const { status, stderr } = portllm('diagnose', KIND, '--onto', other);
    assert.equal(status, 2);
    assert.match(stderr, /cannot be ported onto llama-new/);
  });
});
