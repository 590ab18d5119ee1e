import assert from 'node:assert/strict';
import { InputError } from '../../../src/base/errors.ts';

/** Far longer than it takes on a busy machine; what is guarded against takes many seconds, or never ends. */
const SOON_MS = 2000;
/** Words of JavaScript's own errors. */
const RAW = /RangeError|TypeError|call stack|is not a function|Cannot read properties|Invalid array length/;

/** Does what strangers' files ask for, and makes sure that it is refused: in our words, in few of them, and soon. */
export async function refusedSoon(work: () => unknown, message: RegExp): Promise<void> {
  const begin = performance.now();
  await assert.rejects(
    async () => {
      await work();
    },
    (error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, RAW);
      assert.ok(error.message.length < 1000, `${error.message.length} characters`);
      return true;
    },
  );
  assert.ok(performance.now() - begin < SOON_MS, `${performance.now() - begin} ms`);
}

/** Likewise for what must still be read. */
export async function doneSoon<T>(work: () => T | Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  assert.ok(performance.now() - begin < SOON_MS, `${performance.now() - begin} ms`);
  return result;
}
