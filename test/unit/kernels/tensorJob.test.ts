/** A tensor's way through a thread, with tools of the test's own in place of kernels. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { errorOf, LaneError } from '../../../src/kernels/lanes/failure.ts';
import type { TensorOrder } from '../../../src/kernels/lanes/messages.ts';
import { carryOutTensor, type TileTools } from '../../../src/kernels/lanes/tensorJob.ts';
import { temporaryFolder } from '../../support/paths.ts';

const CONTENT = Buffer.from('HEAD0123456789TAIL');

async function carriedOut(tools: Partial<TileTools>, bytes = 10, source = 'source'): Promise<string> {
  await using folder = await temporaryFolder();
  const [from, to] = [join(folder.path, 'source'), join(folder.path, 'target')];
  writeFileSync(from, CONTENT);
  const file = openSync(to, 'wx+');
  const order: TensorOrder = {
    kind: 'tensor',
    from: { path: join(folder.path, source), position: 4 },
    to: { file, position: 2 },
    ...{ bytes, tileBytes: 4, patch: undefined, source: 64, target: 128 },
  };
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const nothing = (): void => undefined;
  const usual: TileTools = { memory, isStopped: () => false, work: nothing, isSame: () => true, tileDone: nothing };
  try {
    carryOutTensor(order, { ...usual, ...tools });
  } catch (error) {
    throw error instanceof LaneError ? errorOf(error.failure) : error;
  } finally {
    closeSync(file);
  }
  return readFileSync(to, 'latin1');
}

describe('a tensor in a thread', () => {
  it('is copied tile by tile, from its place to its place', async () => {
    const tiles: [number, number][] = [];
    assert.equal(await carriedOut({ work: (_, at, length) => tiles.push([at, length]) }), '\0\x000123456789');
    assert.deepEqual(tiles, [
      [0, 4],
      [4, 4],
      [8, 2],
    ]);
  });

  it('is refused if what was read back is something else', async () => {
    await assert.rejects(carriedOut({ isSame: (_, length) => length !== 2 }), {
      name: 'UserError',
      message: 'What was written cannot be read back: it differs.',
    });
  });

  it('ends where it is told to', async () => {
    let tiles = 0;
    const tools = {
      isStopped: () => tiles === 1,
      tileDone: () => {
        tiles++;
      },
    };
    await assert.rejects(carriedOut(tools), { name: 'CancelledError' });
    assert.equal(tiles, 1);
  });

  it('names a file that is not there, and one that has ended', async () => {
    await assert.rejects(carriedOut({}, 10, 'gone'), {
      name: 'InputError',
      message: /^Cannot read .*gone: it does not/,
    });
    await assert.rejects(carriedOut({}, 15), { name: 'InputError', message: /source ended while it was being read/ });
  });
});
