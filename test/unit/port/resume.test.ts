/** One output, one job: who holds it, what a killed one leaves, and how the next goes on with it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, cp, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CancelledError, InputError, UserError } from '../../../src/base/errors.ts';
import { sha256OfFile } from '../../../src/base/hash.ts';
import type { Progress } from '../../../src/base/progress.ts';
import { hiddenName } from '../../../src/base/temporary.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { port, type PortResult } from '../../../src/port/port.ts';
import { Staging } from '../../../src/port/staging.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { SAMPLES, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const NEW = join(SAMPLES, 'models/storyteller-v2');
const SHARDS = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);

describe('one output at a time', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (
    request: Partial<PortRequest> & { out: string },
    sink: (progress: Progress) => void = IGNORE,
    signal = NEVER,
  ): Promise<PortResult> =>
    port(
      { patch: join(SAMPLES, 'patches/mood'), onto: NEW, as: 'checkpoint', scale: 1, ...request },
      kernel,
      'test',
      sink,
      signal,
    );

  /** The hidden folder as a process leaves it that is killed when so many tensors are done. */
  async function killedAt(tensors: number, folder: string, request: Partial<PortRequest> = {}): Promise<string> {
    const out = join(folder, 'out');
    const [hidden, kept] = [join(folder, '.out.portllm-partial'), join(folder, 'kept')];
    const controller = new AbortController();
    let copied: Promise<void> | undefined;
    const sink = ({ phase, tensorsDone }: Progress): void => {
      if (phase !== 'Porting' || tensorsDone < tensors) return;
      copied ??= cp(hidden, kept, { recursive: true }).finally(() => controller.abort());
    };
    await assert.rejects(run({ out, ...request }, sink, controller.signal), CancelledError);
    await copied;
    await cp(kept, hidden, { recursive: true, preserveTimestamps: true });
    return hidden;
  }

  async function hashesOf(folder: string): Promise<Record<string, string>> {
    const names = (await readdir(folder)).sort();
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await sha256OfFile(join(folder, name))] as const)),
    );
  }

  it('goes on with the next shard, to the same bytes', async () => {
    await using folder = await temporaryFolder();
    const hidden = await killedAt(40, folder.path);
    const { ino } = await stat(join(hidden, SHARDS[0] ?? ''));
    const first: Progress[] = [];
    const { folder: out } = await run({ out: join(folder.path, 'out') }, (progress) => first.push(progress));
    assert.ok((first[0]?.tensorsDone ?? 0) > 0, 'finished shards count as done');
    assert.equal((await stat(join(out, SHARDS[0] ?? ''))).ino, ino, 'the shard was not written again');
    const { folder: whole } = await run({ out: join(folder.path, 'whole') });
    const [resumed, straight] = [await hashesOf(out), await hashesOf(whole)];
    delete resumed['portllm.json'];
    delete straight['portllm.json'];
    assert.deepEqual(resumed, straight);
    assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, []);
    assert.deepEqual((await readdir(folder.path)).sort(), ['kept', 'out', 'whole']);
  });

  it('begins anew where anything is another, or the shard is cut off', async () => {
    const onto = 'base';
    const changes: Record<string, (folder: string, hidden: string) => Promise<unknown>> = {
      'another scale': () => Promise.resolve({ scale: 0.5 }),
      'a base that was written to': (folder) => utimes(join(folder, onto, SHARDS[2] ?? ''), 1, 1),
      'shards of another size': (_, hidden) => Promise.all(SHARDS.map((name) => appendFile(join(hidden, name), 'x'))),
      'a record that is no record': (_, hidden) => writeFile(join(hidden, 'portllm-finished.jsonl'), '{}\n'),
    };
    for (const [name, change] of Object.entries(changes)) {
      await using folder = await temporaryFolder();
      await cp(NEW, join(folder.path, onto), { recursive: true });
      const hidden = await killedAt(30, folder.path, { onto: join(folder.path, onto) });
      const other = ((await change(folder.path, hidden)) ?? {}) as Partial<PortRequest>;
      const seen: Progress[] = [];
      const request = { out: join(folder.path, 'out'), onto: join(folder.path, onto), ...other };
      const { folder: out } = await run(request, (progress) => seen.push(progress));
      assert.equal(seen[0]?.tensorsDone, 0, name);
      assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, [], name);
    }
  });

  it('does not believe a finished shard whose bytes are others', async () => {
    await using folder = await temporaryFolder();
    const hidden = await killedAt(40, folder.path);
    const shard = join(hidden, SHARDS[0] ?? '');
    const bytes = await readFile(shard);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 4;
    await writeFile(shard, bytes);
    await assert.rejects(run({ out: join(folder.path, 'out') }), /cannot be read back: tensor .* is not as it was/);
    assert.deepEqual(await readdir(folder.path), ['kept']);
    await run({ out: join(folder.path, 'out') });
  });

  it('refuses a second job for one output, and says who holds it', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const first = await Staging.create(out, 0);
    await assert.rejects(run({ out }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, new RegExp(`out is being written by process ${process.pid} on ${hostname()}`));
      assert.match(error.hint ?? '', /delete .*\.out\.portllm-lock/);
      return true;
    });
    await writeFile(join(first.folder, 'whole'), '');
    await first.commit();
    assert.deepEqual(await readdir(folder.path), ['out']);
    await assert.rejects(run({ out }), /exists already/);
  });

  it('clears away what other outputs of dead processes have left beside it', async () => {
    await using folder = await temporaryFolder();
    const hidden = await killedAt(40, folder.path);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const holder = JSON.stringify({ pid, host: hostname(), since: '' });
    const at = (name: string): string => join(folder.path, name);
    await writeFile(at('.out.portllm-lock'), holder);
    await mkdir(at('.empty.portllm-partial'));
    await writeFile(at('.empty.portllm-lock'), holder);
    await mkdir(at('.foreign.portllm-partial'));
    await writeFile(at('.foreign.portllm-lock'), JSON.stringify({ pid, host: 'elsewhere', since: '' }));
    await (await Staging.create(at('other'), 0)).discard();
    const foreign = ['.foreign.portllm-lock', '.foreign.portllm-partial'];
    assert.deepEqual((await readdir(folder.path)).sort(), [...foreign, '.out.portllm-partial', 'kept']);
    const old = Date.now() / 1000 - 8 * 24 * 3600;
    await utimes(hidden, old, old);
    await (await Staging.create(at('other'), 0)).discard();
    assert.deepEqual((await readdir(folder.path)).sort(), [...foreign, 'kept']);
  });

  it('takes over from a process that is gone, also where its number is another process now', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const lock = join(folder.path, '.out.portllm-lock');
    const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
    const since = new Date().toISOString();
    for (const holder of [
      { pid: gone, host: hostname(), since },
      { pid: process.ppid, host: hostname(), since, began: 'an earlier boot:1' },
    ]) {
      await writeFile(lock, JSON.stringify(holder));
      await (await Staging.create(out, 0)).discard();
    }
    await writeFile(lock, JSON.stringify({ pid: gone, host: 'elsewhere', since }));
    await assert.rejects(Staging.create(out, 0), /by process \d+ on elsewhere, since/);
  });

  it('does not put its output in the place of a file or folder that has appeared', async () => {
    for (const appear of [
      (path: string) => writeFile(path, ''),
      (path: string) => mkdir(join(path, 'full'), { recursive: true }),
    ]) {
      await using folder = await temporaryFolder();
      const out = join(folder.path, 'out');
      let appeared: Promise<unknown> | undefined;
      await assert.rejects(
        run({ out }, ({ tensorsDone }) => {
          if (tensorsDone > 5) appeared ??= appear(out);
        }),
        (error) => error instanceof UserError && error.message.includes('out exists already'),
      );
      assert.deepEqual(await readdir(folder.path), ['out']);
    }
  });

  it('has room for names as long as file systems allow, one apart from the other', async () => {
    await using folder = await temporaryFolder();
    const names = ['x'.repeat(249) + 'a', 'x'.repeat(249) + 'b', '長'.repeat(83), ' a  b ', '🦙'.repeat(60)];
    for (const name of names) {
      const { folder: out } = await run({ out: join(folder.path, name), as: 'adapter' });
      assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, []);
    }
    assert.deepEqual((await readdir(folder.path)).sort(), names.sort());
    const hidden = names.map((name) => hiddenName(name, 'portllm-lock'));
    assert.equal(new Set(hidden).size, names.length);
    assert.ok(hidden.every((name) => Buffer.byteLength(name) <= 255 && !name.includes('\uFFFD')));
  });
});
