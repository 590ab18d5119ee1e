/** The built command line, as a person or a script calls it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { PortPlan } from '../../../src/port/plan/planTypes.ts';
import type { PortResult } from '../../../src/port/port.ts';
import { writeBigPair } from '../../support/fixtures.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../support/paths.ts';

const CLI = join(ROOT, 'dist/cli.js');
const NEW = join(SAMPLES, 'models/storyteller-v2');
const MOOD = join(SAMPLES, 'patches/mood');

function portllm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
}

describe('portllm', () => {
  it('inspects a model, a patch and a file', () => {
    assert.match(
      portllm('inspect', NEW).stdout,
      /storyteller-v2: base model[\s\S]*LlamaForCausalLM[\s\S]*1\.44M \(BF16\)/,
    );
    assert.match(portllm('inspect', MOOD).stdout, /mood: patch \(LORA\)[\s\S]*portllm\/storyteller-v1[\s\S]*rank 8/);
    const { tensors } = JSON.parse(portllm('inspect', join(MOOD, 'adapter_model.safetensors'), '--json').stdout) as {
      tensors: unknown[];
    };
    assert.equal(tensors.length, 84);
  });

  it('plans without writing', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const { status, stdout } = portllm('port', MOOD, '--onto', NEW, '--out', out, '--dry-run', '--json');
    assert.equal(status, 0);
    const plan = JSON.parse(stdout) as PortPlan;
    assert.deepEqual([plan.items.length, plan.refusals.length], [42, 0]);
    assert.equal(existsSync(out), false);
  });

  it('ports and verifies, with one JSON document on standard output', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const ported = portllm('port', MOOD, '--onto', NEW, '--out', out, '--json', '--device', 'cpu');
    assert.equal(ported.status, 0, ported.stderr);
    assert.equal((JSON.parse(ported.stdout) as PortResult).folder, out);
    assert.match(ported.stderr, /(Porting|Bringing to the disk): 56\/56 tensors/);
    const verified = portllm('verify', out);
    assert.equal(verified.status, 0, verified.stderr);
    assert.match(verified.stdout, /verified[\s\S]*56 tensors by SHA-256[\s\S]*recomputed {2}42 tensors: 0 of/);
  });

  const failures: Record<string, { args: string[]; status: number; says: RegExp }> = {
    'input that cannot be used: 2': {
      args: ['port', MOOD, '--onto', join(SAMPLES, 'tasks'), '--out', '/nowhere/out'],
      status: 2,
      says: /error: .*tasks is no model: it has no config\.json/,
    },
    'an output that exists: 1': {
      args: ['port', MOOD, '--onto', NEW, '--out', join(ROOT, 'media')],
      status: 1,
      says: /exists already/,
    },
    'an output inside an input: 2': {
      args: ['port', MOOD, '--onto', NEW, '--out', join(NEW, 'out')],
      status: 2,
      says: /lies inside .*storyteller-v2, which is an input/,
    },
    'a plan that cannot be carried out: 2': {
      args: [
        'port',
        MOOD,
        '--onto',
        join(ROOT, 'test/golden/cases/llama-bf16/new'),
        '--out',
        '/nowhere/out',
        '--dry-run',
      ],
      status: 2,
      says: /^$/,
    },
    'a scale that is no number: 2': {
      args: ['port', MOOD, '--onto', NEW, '--out', '/nowhere/out', '--scale', 'much'],
      status: 2,
      says: /It must be a number/,
    },
    'an unknown kind of output: 2': {
      args: ['port', MOOD, '--onto', NEW, '--out', '/nowhere/out', '--as', 'gguf'],
      status: 2,
      says: /Allowed choices are checkpoint, adapter/,
    },
    'no command: 2': { args: [], status: 2, says: /Usage: portllm/ },
  };
  for (const [name, { args, status, says }] of Object.entries(failures))
    it(name, () => {
      const result = portllm(...args);
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stderr.trim(), says);
    });

  it('gives the error as JSON too', () => {
    const { status, stdout } = portllm('inspect', '/nowhere', '--json');
    assert.equal(status, 2);
    const { error } = JSON.parse(stdout) as { error: { message: string } };
    assert.match(error.message, /Cannot read \/nowhere: it does not exist/);
  });

  it('ends on Ctrl+C with nothing left behind', async () => {
    await using folder = await temporaryFolder();
    assert.equal(await interrupted(folder.path, 'SIGINT'), 1);
    assert.deepEqual((await readdir(folder.path)).sort(), ['base', 'other', 'patch']);
  });

  it('keeps the shards that are finished where the connection is lost or the time is up', async () => {
    for (const [signal, status] of [
      ['SIGHUP', 129],
      ['SIGTERM', 143],
    ] as const) {
      await using folder = await temporaryFolder();
      assert.equal(await interrupted(folder.path, signal), status);
      assert.deepEqual((await readdir(folder.path)).sort(), ['.out.portllm-partial', 'base', 'other', 'patch']);
    }
  });

  /** A port that gets a signal once its first shard is finished. @returns its exit code */
  async function interrupted(folder: string, signal: NodeJS.Signals): Promise<number | null> {
    const [onto, patch, out] = ['base', 'patch', 'out'].map((name) => join(folder, name)) as [string, string, string];
    await writeBigPair(onto, patch, { rows: 4096, columns: 4096, tensors: 24, firstApart: true });
    await mkdir(join(folder, 'other'));
    const child = spawn(process.execPath, [CLI, 'port', patch, '--onto', onto, '--out', out, '--device', 'cpu']);
    const record = join(folder, '.out.portllm-partial', 'portllm-finished.jsonl');
    while ((await readFile(record, 'utf8').catch(() => '')).split('\n').length < 3)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }
});
