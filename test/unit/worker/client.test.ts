/** The supervisor with the real worker process: every job ends in exactly one of done, failed, cancelled. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, InputError, UserError } from '../../../src/base/errors.ts';
import type { Progress } from '../../../src/base/progress.ts';
import { WorkerClient } from '../../../src/worker/client.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { ResumableError } from '../../../src/worker/resumableError.ts';
import { writeAdapter, writeBigPair, writeCheckpoint } from '../../support/fixtures.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../support/paths.ts';

const ENTRY = join(ROOT, 'dist/worker.js');

describe('WorkerClient', () => {
  const lines: string[] = [];
  const client = new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: (line) => lines.push(line) });
  after(() => client.stop());

  it('starts no process before it is needed', async () => assert.equal(await client.pid(), undefined));

  it('shakes hands and answers', async () => {
    const inspection = await client.call('inspect', { path: join(SAMPLES, 'models/storyteller-v1') });
    assert.equal(inspection.identity?.parameters, 1_443_456);
    assert.ok(lines.some((line) => /worker \d+ started, PortLLM \d/.test(line)));
  });

  it('brings errors back as what they are, with the hint', async () => {
    await assert.rejects(client.call('inspect', { path: ROOT }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /is neither a model nor a patch/);
      assert.match(error.hint ?? '', /A model has config\.json/);
      return true;
    });
  });

  it('reports progress with bytes, tensors and rate, and ends at the total', async () => {
    await using folder = await temporaryFolder();
    const seen: Progress[] = [];
    const request = {
      patch: join(SAMPLES, 'patches/mood'),
      onto: join(SAMPLES, 'models/storyteller-v2'),
      out: join(folder.path, 'out'),
      as: 'checkpoint',
      scale: 1,
    } as const;
    await client.call('port', { request, device: 'cpu' }, { onProgress: (progress) => seen.push(progress) });
    const porting = seen.filter(({ phase }) => phase === 'Porting');
    const last = porting.at(-1);
    assert.deepEqual([last?.tensorsDone, last?.bytesDone], [56, last?.bytesTotal]);
    assert.ok(seen.some(({ phase }) => phase === 'Bringing to the disk'));
  });

  it('cancels a running port within a second and leaves nothing behind', async () => {
    await using folder = await temporaryFolder();
    const { call, controller } = await startBigPort(client, folder.path);
    const begin = performance.now();
    controller.abort();
    await assert.rejects(call, CancelledError);
    assert.ok(performance.now() - begin < 1000);
    assert.deepEqual(await readdir(folder.path), ['base', 'patch']);
  });

  it('cancels a job that waits without disturbing the one that runs', async () => {
    await using folder = await temporaryFolder();
    const { call, controller } = await startBigPort(client, folder.path);
    const waiting = new AbortController();
    const second = client.call('verify', { folder: folder.path, device: 'cpu' }, { signal: waiting.signal });
    setTimeout(() => waiting.abort(), 50);
    await assert.rejects(second, CancelledError);
    await sleep(1000);
    const still = await Promise.race([
      call.then(
        () => 'ended',
        () => 'ended',
      ),
      sleep(50).then(() => 'running'),
    ]);
    assert.equal(still, 'running');
    controller.abort();
    await assert.rejects(call, CancelledError);
  });

  it('keeps track of the process that is started while another one ends', async () => {
    const restarted = new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: () => undefined });
    await restarted.call('device', { device: 'cpu' });
    const stopping = restarted.stop();
    await restarted.call('device', { device: 'cpu' });
    await stopping;
    const pid = await restarted.pid();
    assert.ok(pid !== undefined && isAlive(pid));
    await restarted.stop();
    assert.equal(isAlive(pid), false);
  });

  it('fails the job when the process dies, sweeps, and works again', async () => {
    await using folder = await temporaryFolder();
    const { call } = await startBigPort(client, folder.path);
    process.kill((await client.pid()) ?? 0, 'SIGKILL');
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof UserError);
      return error.message.includes('was killed (SIGKILL');
    });
    assert.deepEqual(await readdir(folder.path), ['base', 'patch']);
    assert.equal((await client.call('device', { device: 'cpu' })).used, 'cpu');
  });

  it('keeps the shards that a killed worker had finished, and goes on with the next', async () => {
    await using folder = await temporaryFolder();
    const { call, request } = await startShardedPort(client, folder.path);
    process.kill((await client.pid()) ?? 0, 'SIGKILL');
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ResumableError);
      return error.message.includes('was killed') && (error.hint ?? '').includes('goes on with the next');
    });
    assert.ok((await readdir(folder.path)).includes('.out.portllm-partial'));
    const seen: Progress[] = [];
    await client.call('port', { request, device: 'cpu' }, { onProgress: (progress) => seen.push(progress) });
    assert.ok((seen[0]?.bytesDone ?? 0) > 0);
    assert.deepEqual((await readdir(folder.path)).sort(), ['base', 'out', 'patch']);
  });

  it('keeps them too where the worker is told to end, as when a window is closed', async () => {
    await using folder = await temporaryFolder();
    const closing = new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: () => undefined });
    const { call, request } = await startShardedPort(closing, folder.path);
    await closing.stop();
    await assert.rejects(call, ResumableError);
    assert.deepEqual((await readdir(folder.path)).sort(), ['.out.portllm-partial', 'base', 'patch']);
    const seen: Progress[] = [];
    await client.call('port', { request, device: 'cpu' }, { onProgress: (progress) => seen.push(progress) });
    assert.ok((seen[0]?.bytesDone ?? 0) > 0);
  });

  it('takes nothing of a port that was cancelled for one that was killed', async () => {
    await using folder = await temporaryFolder();
    const { call, controller } = await startShardedPort(client, folder.path);
    process.kill((await client.pid()) ?? 0, 'SIGSTOP');
    controller.abort();
    await assert.rejects(call, CancelledError);
    assert.deepEqual((await readdir(folder.path)).sort(), ['base', 'patch']);
  });

  it('ends a worker that hangs, and says so', async () => {
    await using folder = await temporaryFolder();
    const impatient = new WorkerClient({ entry: ENTRY, idleMs: 60_000, log: () => undefined, hungMs: 1000 });
    const { call } = await startBigPort(impatient, folder.path);
    process.kill((await impatient.pid()) ?? 0, 'SIGSTOP');
    await assert.rejects(call, /did not answer for 1 s, was taken for hung and ended/);
    assert.deepEqual(await readdir(folder.path), ['base', 'patch']);
    await impatient.stop();
  });

  it('does not make a job that waits pay for one that is cancelled and does not end', async () => {
    await using folder = await temporaryFolder();
    const { call, controller } = await startBigPort(client, folder.path);
    const waiting = client.call('tensorFigures', {
      file: join(SAMPLES, 'models/storyteller-v2/model-00001-of-00003.safetensors'),
      tensor: 'model.embed_tokens.weight',
    });
    const quick = client.call('inspect', { path: join(SAMPLES, 'patches/mood') });
    process.kill((await client.pid()) ?? 0, 'SIGSTOP');
    controller.abort();
    await assert.rejects(call, CancelledError);
    await Promise.all([waiting, quick]);
  });

  it('asks before every job whether there may be one', async () => {
    const refusing = new WorkerClient({
      entry: ENTRY,
      idleMs: 60_000,
      log: () => undefined,
      mayStart: () => {
        throw new UserError('not here');
      },
    });
    await assert.rejects(refusing.call('inspect', { path: SAMPLES }), /not here/);
    assert.equal(await refusing.pid(), undefined);
  });

  it('stops when idle, and starts again', async () => {
    const idle = new WorkerClient({ entry: ENTRY, idleMs: 50, log: () => undefined });
    await idle.call('inspect', { path: join(SAMPLES, 'patches/mood') });
    const pid = await idle.pid();
    assert.ok(pid !== undefined);
    for (let tries = 0; tries < 100 && isAlive(pid); tries++) await sleep(50);
    assert.equal(isAlive(pid), false, 'no process is left');
    await idle.call('inspect', { path: join(SAMPLES, 'patches/mood') });
    await idle.stop();
  });

  it('gives up on a worker that cannot start, and says so, without a storm', async () => {
    const broken = new WorkerClient({ entry: join(ROOT, 'no-such-worker.js'), idleMs: 50, log: () => undefined });
    const attempt = (): Promise<unknown> => broken.call('device', { device: 'cpu' });
    for (let tries = 0; tries < 3; tries++) await assert.rejects(attempt(), /ended with exit code 1/);
    await assert.rejects(attempt(), /died 3 times in three minutes/);
  });

  it('falls back to the CPU with a warning where a device is missing', async () => {
    const report = await client.call('device', { device: process.platform === 'win32' ? 'coreml' : 'dml' });
    assert.equal(report.used, 'cpu');
    assert.match(report.warning ?? '', /cannot be used \(not part of this build.*The CPU computes instead/);
  });
});

/** A port of sparse gigabytes, once it has begun to write. */
async function startBigPort(
  client: WorkerClient,
  folder: string,
): Promise<{ call: Promise<unknown>; controller: AbortController }> {
  const [onto, patch] = [join(folder, 'base'), join(folder, 'patch')];
  await writeBigPair(onto, patch, { rows: 4096, columns: 4096, tensors: 32 });
  const controller = new AbortController();
  const request = { patch, onto, out: join(folder, 'out'), as: 'checkpoint', scale: 1 } as const;
  let begun: () => void = () => undefined;
  const writing = new Promise<void>((resolve) => (begun = resolve));
  const onProgress = ({ bytesDone }: Progress): void => {
    if (bytesDone > 0) begun();
  };
  const call = client.call('port', { request, device: 'cpu' }, { signal: controller.signal, onProgress });
  call.catch(() => undefined);
  await Promise.race([writing, call]);
  return { call, controller };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Of several shards, once the first is finished. */
async function startShardedPort(
  client: WorkerClient,
  folder: string,
): Promise<{ call: Promise<unknown>; controller: AbortController; request: PortRequest }> {
  const [onto, patch] = [join(folder, 'base'), join(folder, 'patch')];
  const module = (i: number): string => `model.layers.${i}.mlp.up_proj`;
  const shards = [0, 1, 2, 3].map((i) => ({ [`${module(i)}.weight`]: [4096, 4096] }));
  await writeCheckpoint(onto, shards, 'BF16');
  await writeAdapter(patch, Object.fromEntries([0, 1, 2, 3].map((i) => [module(i), [4096, 4096]])));
  const controller = new AbortController();
  const request = { patch, onto, out: join(folder, 'out'), as: 'checkpoint', scale: 1 } as const;
  const call = client.call('port', { request, device: 'cpu' }, { signal: controller.signal });
  const over = new AbortController();
  call.catch(() => undefined).finally(() => over.abort());
  // Its second line is the first shard that is on the disk.
  const finished = join(folder, '.out.portllm-partial', 'portllm-finished.jsonl');
  while (!over.signal.aborted && (await readFile(finished, 'utf8').catch(() => '')).split('\n').length < 3)
    await sleep(1);
  return { call, controller, request };
}
