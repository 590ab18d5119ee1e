/** What strangers' files may cost: an answer within moments, and an error in words. */
import assert from 'node:assert/strict';

/** What it says, for a case that is refused; anything, for one that is merely large. */
export type Outcome = RegExp | 'succeeds';

const MAX_MILLISECONDS = 3000;
/** JavaScript's own words for what should have been refused before. */
const RAW = /RangeError|TypeError|call stack|Invalid (string|array) length|Invalid count|null bytes/;

export async function endsWell(
  action: () => unknown,
  outcome: Outcome,
  errors: new (...args: never[]) => Error,
): Promise<void> {
  const start = performance.now();
  const error = await failureOf(action);
  const taken = performance.now() - start;
  assert.ok(taken < MAX_MILLISECONDS, `it took ${taken} ms`);
  if (outcome === 'succeeds') {
    assert.equal(error, undefined);
    return;
  }
  assert.ok(error instanceof errors, `it ended with ${String(error)}`);
  assert.match(error.message, outcome);
  assert.doesNotMatch(error.message, RAW);
  assert.ok(error.message.length < 1000, `its message has ${error.message.length} characters`);
}

async function failureOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  }
}
