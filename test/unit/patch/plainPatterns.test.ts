/** Patterns that are plain names are found without RE2: against RE2 itself, on names and patterns of a few parts. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RE2JS } from 're2js';
import { PatternTable } from '../../../src/patch/patternTable.ts';

const WHERE = {
  'at the end': (pattern: string): string => `^(?:.*\\.)?(?:${pattern})$`,
  'after a dot': (pattern: string): string => `^.*\\.${pattern}$`,
  whole: (pattern: string): string => `^(?:${pattern})$`,
} as const;
const PARTS = ['a', 'b', '.', '.', '\\.', '-', '_', '1'];
const NAMES = ['a', 'b', '.', '.', '-', '_', '1', '\n', '😀'];

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => ((state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) % 65_537) % below;
}

for (const [where, embed] of Object.entries(WHERE) as [keyof typeof WHERE, (pattern: string) => string][])
  it(`the first of several is found ${where} as RE2 finds it`, () => {
    const below = random(7);
    const word = (parts: readonly string[], most: number): string =>
      Array.from({ length: 1 + below(most) }, () => parts[below(parts.length)] ?? '').join('');
    let found = 0;
    for (let i = 0; i < 3000; i++) {
      const patterns = Array.from({ length: 5 }, () => (below(4) === 0 ? '^' : '') + word(PARTS, 4));
      const table = new PatternTable(patterns, where);
      for (const name of [word(NAMES, 5), word(NAMES, 5)]) {
        const expected = patterns.findIndex((pattern) => RE2JS.compile(embed(pattern)).matcher(name).find());
        assert.equal(table.first(name) ?? -1, expected, JSON.stringify({ patterns, name }));
        if (expected >= 0) found++;
      }
    }
    assert.ok(found > 200, `${found} were found`);
  });

it('expressions and names count in their order', () => {
  const table = new PatternTable(['x', '[ab]', 'a', 'c.d', '(c)'], 'at the end');
  assert.deepEqual(
    ['a', 'm.b', 'm.c-d', 'c', 'x', 'd'].map((name) => table.first(name)),
    [1, 1, 3, 4, 0, undefined],
  );
});
