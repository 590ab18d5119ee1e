import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { rollingWindows } from '../../../../src/evaluation/scoring/rollingWindows.ts';

interface Case {
  readonly length: number;
  readonly maxLength: number;
  readonly contextLength: number;
  readonly windows: readonly (readonly [readonly number[], readonly number[]])[];
}

const text = await readFile(new URL('../../../golden/remote/cases/windows.json', import.meta.url), 'utf8');
const cases = JSON.parse(text) as Case[];

describe('rollingWindows', () => {
  it("makes lm-eval's windows", () => {
    assert.ok(cases.length > 100);
    for (const { length, maxLength, contextLength, windows } of cases) {
      const tokens = Array.from({ length }, (_, i) => 100 + i);
      assert.deepEqual(
        rollingWindows(tokens, 7, maxLength, contextLength).map(({ context, continuation }) => [context, continuation]),
        windows,
        `${length} tokens in windows of ${maxLength} with ${contextLength}`,
      );
    }
  });

  it('refuses a context that is empty or longer than a window', () => {
    assert.throws(() => rollingWindows([1, 2], 0, 4, 0), RangeError);
    assert.throws(() => rollingWindows([1, 2], 0, 4, 5), RangeError);
  });
});
