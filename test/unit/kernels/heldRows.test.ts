/** A matrix that is held is read once, and is the matrix. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heldRows, MatrixSpace } from '../../../src/kernels/linalg/heldRows.ts';
import type { RowStream } from '../../../src/kernels/linalg/rowStream.ts';

const [ROWS, COLUMNS] = [7, 3];

function counting(): { readonly stream: RowStream; readonly reads: number[] } {
  const reads: number[] = [];
  const reused = new Float32Array(ROWS * COLUMNS);
  const tile: RowStream['tile'] = (row, count) => {
    reads.push(row);
    for (let i = 0; i < count * COLUMNS; i++) reused[i] = row * COLUMNS + i;
    return Promise.resolve(reused.subarray(0, count * COLUMNS));
  };
  return { stream: { rows: ROWS, columns: COLUMNS, tile }, reads };
}

async function pass(stream: RowStream, step: number): Promise<number[]> {
  const all: number[] = [];
  for (let row = 0; row < ROWS; row += step) all.push(...(await stream.tile(row, Math.min(step, ROWS - row))));
  return all;
}

const WHOLE = Array.from({ length: ROWS * COLUMNS }, (_, i) => i);

describe('held rows', () => {
  it('are read once, in tiles of any size', async () => {
    const { stream, reads } = counting();
    const held = heldRows(stream);
    for (const step of [2, 2, 3, 7]) assert.deepEqual(await pass(held, step), WHOLE);
    assert.deepEqual(reads, [0, 2, 4, 6]);
  });

  it('that were passed over are read when they are asked for', async () => {
    const { stream, reads } = counting();
    const held = heldRows(stream);
    assert.deepEqual([...(await held.tile(4, 2))], WHOLE.slice(12, 18));
    assert.deepEqual(await pass(held, 3), WHOLE);
    assert.deepEqual([...(await held.tile(4, 2))], WHOLE.slice(12, 18));
    assert.deepEqual(reads, [4, 0, 3, 6]);
  });

  it('take turns in one space, whatever their sizes', async () => {
    const space = new MatrixSpace();
    const memory = space.take(2 * ROWS * COLUMNS).buffer;
    for (let i = 0; i < 3; i++) {
      const { stream, reads } = counting();
      const held = heldRows(stream, space);
      for (let round = 0; round < 2; round++) assert.deepEqual(await pass(held, 3), WHOLE);
      assert.deepEqual(reads, [0, 3, 6]);
      assert.equal((await held.tile(0, 1)).buffer, memory);
    }
    assert.equal(space.take(2 * ROWS * COLUMNS + 1).length, 2 * ROWS * COLUMNS + 1);
  });

  it('are read every time where they are too many', async () => {
    const { stream, reads } = counting();
    const held = heldRows(stream, undefined, ROWS * COLUMNS - 1);
    for (let round = 0; round < 2; round++) assert.deepEqual(await pass(held, 4), WHOLE);
    assert.deepEqual(reads, [0, 4, 0, 4]);
  });
});
