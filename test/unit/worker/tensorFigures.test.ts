/** Figures of a tensor from the real worker process. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../src/base/errors.ts';
import { WorkerClient } from '../../../src/worker/client.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { ROOT, SAMPLES, temporaryFolder } from '../../support/paths.ts';

const V1 = join(SAMPLES, 'models/storyteller-v1/model.safetensors');
const EMBEDDING = 'model.embed_tokens.weight';

describe('the figures of a tensor, from the worker', () => {
  const client = new WorkerClient({ entry: join(ROOT, 'dist/worker.js'), idleMs: 60_000, log: () => undefined });
  after(() => client.stop());

  it('come back as they are', async () => {
    const figures = await client.call('tensorFigures', { file: V1, tensor: EMBEDDING });
    assert.equal(figures.elements, 2048 * 128);
    assert.equal(figures.dtype, 'BF16');
    assert.ok((figures.norm ?? 0) > 0 && figures.largest > 0 && figures.powers.length > 5);
    const counted = figures.powers.reduce((sum, { count }) => sum + count, figures.zeros);
    assert.equal(counted, figures.elements);
  });

  it('come as an error of the input where there is no such tensor', async () => {
    await assert.rejects(client.call('tensorFigures', { file: V1, tensor: 'nothing' }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /has no tensor "nothing"/);
      return true;
    });
  });

  it('end at once when they are cancelled, and the process goes on', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'huge.safetensors');
    await writeSafetensors(file, { a: [4_000_000_000] }, 'F32');
    const controller = new AbortController();
    const before = await client.pid();
    let abortedAt = Infinity;
    const call = client.call(
      'tensorFigures',
      { file, tensor: 'a' },
      {
        signal: controller.signal,
        onProgress: ({ bytesDone, bytesTotal }) => {
          if (bytesDone === 0 || controller.signal.aborted) return;
          assert.ok(bytesDone < bytesTotal);
          abortedAt = performance.now();
          controller.abort();
        },
      },
    );
    await assert.rejects(call, CancelledError);
    assert.ok(performance.now() - abortedAt < 700, 'before the process would be ended');
    assert.equal(await client.pid(), before);
    assert.equal((await client.call('tensorFigures', { file: V1, tensor: EMBEDDING })).nans, 0);
  });
});
