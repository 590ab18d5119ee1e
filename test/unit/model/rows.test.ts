/** Who sees whom, against the definition. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flatten, HIDDEN, lengthOf, treeMask, type TokenTree } from '../../../src/model/rows.ts';

const TREES: readonly TokenTree[] = [
  { prefix: [1, 2, 3, 4, 5], branches: [] },
  { prefix: [1, 2, 3], branches: [[4], [5, 6, 7], [8, 9]] },
  { prefix: [1], branches: [[2, 3], [4]] },
  { prefix: [], branches: [[1, 2], [3]] },
];

/** The tokens of a place's own text, up to itself: of the prefix and of its branch. */
function textOf({ prefix, branches }: TokenTree, place: number): number[] {
  const before = [...prefix.keys()];
  if (place < prefix.length) return before.slice(0, place + 1);
  let begin = prefix.length;
  for (const branch of branches) {
    if (place < begin + branch.length)
      return [...before, ...Array.from({ length: place - begin + 1 }, (_, i) => begin + i)];
    begin += branch.length;
  }
  return assert.fail(`${place} is in no branch`);
}

describe('a tree of tokens', () => {
  it('is its prefix and its branches in their order, each beginning after the prefix', () => {
    const { tokens, places } = flatten({ prefix: [5, 6], branches: [[7, 8], [9]] });
    assert.deepEqual(tokens, [5, 6, 7, 8, 9]);
    assert.deepEqual(
      places.map(({ segment, position }) => [segment, position]),
      [
        [0, 0],
        [0, 1],
        [1, 2],
        [1, 3],
        [2, 2],
      ],
    );
    assert.equal(lengthOf({ prefix: [5, 6], branches: [[7, 8], [9]] }), 5);
  });

  for (const window of [undefined, 1, 2, 4, 100])
    it(`lets a token see its own text${window === undefined ? '' : `, the last ${window} of it`}`, () => {
      const length = 9;
      const mask = treeMask(
        TREES.map((tree) => flatten(tree).places),
        length,
        window,
      );
      assert.equal(mask.length, TREES.length * length * length);
      for (const [row, tree] of TREES.entries())
        for (let place = 0; place < lengthOf(tree); place++) {
          const seen = textOf(tree, place).slice(window === undefined ? 0 : -window);
          for (let other = 0; other < length; other++) {
            const value = mask[(row * length + place) * length + other];
            assert.equal(value, seen.includes(other) ? 0 : Math.fround(HIDDEN), `${row}: ${place} sees ${other}`);
          }
        }
    });

  it('has something to see in its padding, so that no softmax is of nothing', () => {
    const mask = treeMask([flatten({ prefix: [1, 2], branches: [] }).places], 4, 1);
    for (const place of [2, 3]) assert.ok(mask.subarray(4 * place, 4 * place + 4).includes(0));
    // A score is added to it in float32.
    assert.ok(Number.isFinite(Math.fround(HIDDEN - 1e6)));
  });
});
