/** The probe on the built command line. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../../../src/diagnostics/probeTypes.ts';
import type { Diagnosis } from '../../../src/diagnostics/types.ts';
import { ROOT, SAMPLES } from '../../support/paths.ts';

const CLI = join(ROOT, 'dist/cli.js');
const OLD = join(SAMPLES, 'models/storyteller-v1');
const NEW = join(SAMPLES, 'models/storyteller-v2');
const TASK = join(SAMPLES, 'tasks/kind.test.jsonl');
const DIAGNOSE = ['diagnose', join(SAMPLES, 'patches/kind'), '--onto', NEW, '--directions', '0'];

function portllm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...DIAGNOSE, ...args], { encoding: 'utf8' });
}

describe('portllm diagnose --task', () => {
  it('probes after the figures of the weights, with tables, curves and words', () => {
    const { status, stdout, stderr } = portllm('--from', OLD, '--task', TASK, '--limit', '20');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /200 of 200 in all/);
    assert.match(stdout, /^kind on storyteller-v2[^]*\nNext:\n[^]*\n\nProbe: the loss of right answers/);
    assert.match(stdout, /\n {2}fits +kind\.test, 20 items: between the bases the loss goes from 1\.\d+ ± /);
    assert.match(
      stdout,
      /\nkind\.test, 20 of 500 items\n {2}old base \+ t · evolution \+ patch\n {4}t +loss +per token +vs t = 0 +acc\n/,
    );
    const rows = [...stdout.matchAll(/^ {4}([\d.]+) +[\d.]+ ± [\d.]+ .* %(?: {2}([█▏▎▍▌▋▊▉]+))?$/gm)];
    const [parameters, bars] = [rows.map(([, one]) => one), rows.map(([, , curve = '']) => curve.length)];
    assert.deepEqual(parameters, ['0', '0.25', '0.5', '0.75', '1', '0', '0.25', '0.5', '0.75', '1', '1.25']);
    assert.deepEqual(
      [bars[4], bars[5]],
      [32, 32],
      'the greatest losses are those of the port and of the new base alone',
    );
    assert.ok(bars.every((length) => length > 3));
    assert.match(stdout, /No threshold was ever calibrated\.\n {2}cpu, float32 arithmetic/);
  });

  it('puts the probe beside the figures with --json; without the old base it has the scales alone', () => {
    const { status, stdout, stderr } = portllm('--task', TASK, '--limit', '8', '--bos', 'on', '--json');
    assert.equal(status, 0, stderr);
    const { tensors, probe } = JSON.parse(stdout) as Diagnosis & { readonly probe: Probe };
    assert.equal(tensors.length, 30);
    assert.deepEqual([probe.tasks[0]?.items, probe.tasks[0]?.blend, probe.from], [8, null, null]);
    assert.equal(probe.tasks[0]?.scales.points.length, 6);
    assert.match(probe.notes.join(), /BOS on/);
  });

  it('probes the scales alone where there is no line between the bases, and says why', () => {
    const other = join(ROOT, 'test/golden/variants/cases/bases/qwen2-old');
    const { status, stdout, stderr } = portllm('--from', other, '--task', TASK);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /no line between .*they differ in class.*Only the scales of the patch/);
    assert.match(stdout, /new base \+ λ · patch/);
    assert.doesNotMatch(stdout, /old base \+ t · evolution/);
  });

  const refused: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
    'data without a task': [['--data', '.'], /--data needs --task/],
    'a limit without a task': [['--limit', '3'], /--limit needs --task/],
    'a task that is none': [['--task', 'nothing'], /The task "nothing" is not known/],
    'a task without its data': [['--task', 'boolq'], /documents of boolq .* were not found: no data folder is named/],
  };
  for (const [what, [args, says]] of Object.entries(refused))
    it(`refuses ${what} before anything is read`, () => {
      const { status, stdout, stderr } = portllm(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, says);
    });

  it('ends at Ctrl+C', async () => {
    const running = spawn(process.execPath, [CLI, ...DIAGNOSE, '--from', OLD, '--task', TASK], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, errors] = ['', ''];
    running.stdout.on('data', (data: Buffer) => (output += data.toString()));
    running.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    while (!output.includes('Next:') && running.exitCode === null) await sleep(10);
    await sleep(300);
    running.kill('SIGINT');
    const [code] = (await once(running, 'exit')) as [number];
    assert.equal(code, 1, errors);
    assert.match(errors, /Cancelled/);
    assert.doesNotMatch(output, /Probe/);
  });
});
