import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { together } from '../../../src/base/together.ts';

const NEVER = new AbortController().signal;

describe('work that is done together', () => {
  it('gives the results in the order of the items', async () => {
    const slow = (item: number): Promise<number> =>
      new Promise((resolve) => setTimeout(() => resolve(2 * item), 10 - item));
    assert.deepEqual(await together([1, 5, 3], slow, NEVER), [2, 10, 6]);
  });

  it('stops the others when one fails, waits for them, and throws what failed first', async () => {
    let ended = 0;
    const work = (item: string, signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        if (item === 'bad') return reject(new Error('first'));
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            ended++;
            reject(new Error('stopped'));
          }, 5),
        );
      });
    await assert.rejects(together(['a', 'bad', 'b'], work, NEVER), /first/);
    assert.equal(ended, 2);
  });
});
