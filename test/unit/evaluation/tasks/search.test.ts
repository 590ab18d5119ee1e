import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstOccurrence, lastOccurrence, occurrences } from '../../../../src/evaluation/tasks/python/search.ts';

const LONG = 'ab'.repeat(20);

describe('a search', () => {
  for (const [text, sought] of [
    ['banana', 'ana'],
    ['banana', 'x'],
    [`${LONG}c${LONG}${LONG}`, LONG],
    [`${'a'.repeat(200)}b${'a'.repeat(99)}`, `${'a'.repeat(50)}b${'a'.repeat(50)}`],
    ['a'.repeat(100), 'a'.repeat(40)],
    [`x${LONG}a`, `${LONG}a`],
    ['short', LONG],
  ] as const)
    it(`finds what JavaScript's finds: ${sought} in ${text}`, () => {
      assert.equal(firstOccurrence(text, sought), text.indexOf(sought));
      assert.equal(lastOccurrence(text, sought), text.lastIndexOf(sought));
      assert.equal([...occurrences(text, sought)].length, text.split(sought).length - 1);
    });
});
