/** What a newer vocabulary did to an older one, and which old row each new row comes from. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareVocabularies, rowMap } from '../../../src/checkpoint/vocabulary/compare.ts';
import { listTokens } from '../../../src/checkpoint/vocabulary/listTokens.ts';
import { below, seeded } from '../../support/random.ts';
import { vocabularyOf } from '../../support/vocabularyDigest.ts';

/** The same numbers in every run. */
function generator(seed: number): (end: number) => number {
  const random = seeded(seed);
  return (end) => below(random, end);
}

function shuffled<T>(items: readonly T[], below: (n: number) => number): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}

/** Tokens with names of all kinds, and about every eighth row without one. */
function someTokens(count: number, below: (n: number) => number): (string | undefined)[] {
  return Array.from({ length: count }, (_, i) => (below(8) === 0 ? undefined : `token ${i} \0🦊`.slice(below(3))));
}

describe('compareVocabularies', () => {
  it('sees what is the same', () => {
    const change = compareVocabularies(
      vocabularyOf(['a', 'b', undefined, 'c']),
      vocabularyOf(['a', 'b', undefined, 'c']),
    );
    const { same, different, shared, added, removed, moved } = change;
    const expected = { same: true, different: false, shared: 1, added: [], removed: [], moved: [] };
    assert.deepEqual({ same, different, shared, added, removed, moved }, expected);
  });

  it('sees what was added, removed and moved, in the order of the rows', () => {
    const older = vocabularyOf(['a', 'gone', 'b', 'c', '__proto__', 'too']);
    const change = compareVocabularies(
      older,
      vocabularyOf(['c', 'x', 'b', 'a', 'constructor', undefined, '__proto__']),
    );
    assert.equal(change.same, false);
    assert.equal(change.different, false);
    assert.equal(change.shared, 4 / 6);
    assert.deepEqual(change.added, [
      { token: 'x', id: 1 },
      { token: 'constructor', id: 4 },
    ]);
    assert.deepEqual(change.removed, [
      { token: 'gone', id: 1 },
      { token: 'too', id: 5 },
    ]);
    assert.deepEqual(change.moved, [
      { token: 'c', from: 3, to: 0 },
      { token: 'a', from: 0, to: 3 },
      { token: '__proto__', from: 4, to: 6 },
    ]);
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(change.rowOfNew), [3, undefined, 2, 0, undefined, undefined, 4, 7]);
  });

  for (const [what, newer] of [
    ['an added token', ['a', 'b', 'c']],
    ['a removed token', ['a']],
    ['a moved token', ['b', 'a']],
  ] as const)
    it(`is not the same with ${what} alone`, () => {
      assert.equal(compareVocabularies(vocabularyOf(['a', 'b']), vocabularyOf(newer)).same, false);
    });

  it('takes vocabularies that share less than half for different kinds', () => {
    const older = vocabularyOf(['a', 'b', 'c', 'd']);
    const half = compareVocabularies(older, vocabularyOf(['a', 'b', 'x', 'y', 'z']));
    assert.deepEqual([half.shared, half.different], [0.5, false]);
    const less = compareVocabularies(older, vocabularyOf(['a', 'w', 'x', 'y', 'z']));
    assert.deepEqual([less.shared, less.different], [0.25, true]);
    const none = compareVocabularies(older, vocabularyOf([]));
    assert.deepEqual([none.shared, none.different], [0, true]);
    assert.equal(compareVocabularies(vocabularyOf([]), vocabularyOf([])).different, false);
  });

  it('measures the share by the smaller one: a vocabulary may more than double', () => {
    const older = vocabularyOf(['a', 'b']);
    const newer = vocabularyOf(['a', 'b', 'c', 'd', 'e', 'f']);
    for (const change of [compareVocabularies(older, newer), compareVocabularies(newer, older)])
      assert.deepEqual([change.shared, change.different], [1, false]);
  });

  it('does not confuse the spellings of kinds, however many tokens look alike', () => {
    const common = Array.from({ length: 80 }, (_, i) => `syllable${i}`);
    const words = Array.from({ length: 20 }, (_, i) => `word${i}`);
    const strays = ['Ġ', '▁', '##'].flatMap((mark) => ['x', 'y', 'z'].map((letter) => mark + letter));
    const spelled = ['Ġ', '▁', '##'].map((mark) =>
      vocabularyOf([...common, ...strays, ...words.map((word) => mark + word)]),
    );
    for (const older of spelled)
      for (const newer of spelled) {
        const change = compareVocabularies(older, newer);
        assert.equal(change.shared, older === newer ? 1 : 89 / 109);
        assert.equal(change.different, older !== newer);
      }
    // One foreign mark among a hundred tokens is a piece of text, no spelling.
    assert.equal(compareVocabularies(vocabularyOf([...common, ...words, '##x']), spelled[1]!).different, false);
  });
});

describe('rowMap', () => {
  it('of identical vocabularies is the identity, holes and padding included', () => {
    for (let seed = 0; seed < 50; seed++) {
      const below = generator(seed);
      const vocabulary = vocabularyOf(someTokens(1 + below(60), below));
      const rows = vocabulary.tokens.length + below(20);
      assert.deepEqual([...rowMap(vocabulary, vocabulary, rows)], [...Array(rows).keys()]);
    }
  });

  it('of a permuted vocabulary is the permutation', () => {
    for (let seed = 0; seed < 50; seed++) {
      const below = generator(seed);
      const tokens = Array.from({ length: 1 + below(60) }, (_, i) => `token ${i}`);
      const permutation = shuffled([...tokens.keys()], below);
      const newer = vocabularyOf(permutation.map((row) => tokens[row]));
      assert.deepEqual([...rowMap(vocabularyOf(tokens), newer, tokens.length)], permutation);
    }
  });

  it('of any two vocabularies pairs equal tokens, and padding only with itself', () => {
    for (let seed = 0; seed < 50; seed++) {
      const below = generator(seed);
      const [older, newer] = [0, 0].map(() => vocabularyOf(shuffled(someTokens(1 + below(60), below), below)));
      const map = rowMap(older!, newer!, 70);
      for (const [row, old] of map.entries()) {
        const token = newer!.tokens[row];
        if (token !== undefined) assert.equal(old, older!.tokens.indexOf(token));
        else assert.equal(old, older!.tokens[row] === undefined ? row : -1);
      }
      assert.deepEqual([...map.keys()].map(compareVocabularies(older!, newer!).rowOfNew), [...map].map(noneIfNegative));
    }
  });

  it('gives a token that took a padding row nothing, and padding that lost its token nothing', () => {
    const padded = vocabularyOf(['a', 'b']);
    const used = vocabularyOf(['a', 'b', 'x']);
    assert.deepEqual([...rowMap(padded, used, 5)], [0, 1, -1, 3, 4]);
    assert.deepEqual([...rowMap(used, padded, 5)], [0, 1, -1, 3, 4]);
  });

  it('takes reserved tokens for ordinary strings', () => {
    const older = vocabularyOf(['a', '<reserved_0>', '<reserved_1>']);
    const newer = vocabularyOf(['a', '<tool>', '<reserved_0>', '<reserved_1>']);
    assert.deepEqual([...rowMap(older, newer, 4)], [0, -1, 1, 2]);
  });

  it('covers just the rows that the new model has', () => {
    assert.deepEqual([...rowMap(vocabularyOf(['a', 'b']), vocabularyOf(['b', 'a', 'c']), 2)], [1, 0]);
    assert.equal(rowMap(vocabularyOf(['a']), vocabularyOf(['a']), 0).length, 0);
  });

  it('names no row that the old model does not have', () => {
    const older = vocabularyOf(['a', 'b', '[PAD]']);
    assert.deepEqual([...rowMap(older, vocabularyOf(['[PAD]', 'b', 'a']), 5, 2)], [-1, 1, 0, -1, -1]);
  });
});

describe('listTokens', () => {
  const lines = (older: readonly (string | undefined)[], newer: readonly (string | undefined)[], limit = 3): string[] =>
    listTokens(compareVocabularies(vocabularyOf(older), vocabularyOf(newer)), limit);
  const shown = (token: string): string => lines(['a'], ['a', token])[0]!.replace('1 token added: ', '');

  it('names what changed', () => {
    assert.deepEqual(lines(['a', 'b'], ['a', 'b']), []);
    assert.deepEqual(lines(['a', 'b', '<pad>', 'gone'], ['a', 'b', '<|im_start|>', '<|im_end|>', '<pad>']), [
      '2 tokens added: <|im_start|> (2), <|im_end|> (3)',
      '1 token removed: gone (3)',
      '1 token moved: <pad> (2 → 4)',
    ]);
  });

  it('names no more than it may', () => {
    const more = ['a', 'b', 'c', 'd', 'e', 'f'];
    assert.deepEqual(lines(['a'], more, 3), ['5 tokens added: b (1), c (2), d (3) and 2 more']);
    assert.deepEqual(lines(['a'], more, 5), ['5 tokens added: b (1), c (2), d (3), e (4), f (5)']);
    assert.deepEqual(lines(['a'], more, 0), ['5 tokens added: …']);
  });

  it('says of different kinds only that, and never rounds the share up', () => {
    const tokens = (name: string): string[] => Array.from({ length: 200 }, (_, i) => (i < 99 ? `${i}` : `${name}${i}`));
    const text = 'the vocabularies are of different kinds: they share 49 % of their tokens';
    assert.deepEqual(lines(tokens('x'), tokens('y')), [text]);
    const spelling = lines(['a', 'b', 'Ġthe'], ['a', 'b', '▁the']);
    assert.deepEqual(spelling, ['the vocabularies are of different kinds: they spell words in different ways']);
  });

  it('escapes what could be seen as something else', () => {
    assert.equal(shown('two words'), '"two words" (1)');
    assert.equal(shown('\n'), String.raw`"\n" (1)`);
    assert.equal(shown('\x1b[31m'), String.raw`"\u001b[31m" (1)`);
    assert.equal(shown('\x7f\x85'), String.raw`"\u007f\u0085" (1)`);
    assert.equal(shown('a\u202eb\u200b'), String.raw`"a\u202eb\u200b" (1)`);
    assert.equal(shown('\ud800'), String.raw`"\ud800" (1)`);
    assert.equal(shown('\u{e0001}'), String.raw`"\udb40\udc01" (1)`);
    assert.equal(shown('\u00a0\u2028'), String.raw`"\u00a0\u2028" (1)`);
    assert.equal(shown('say "no"'), String.raw`"say \"no\"" (1)`);
    assert.equal(shown('a\\n'), String.raw`"a\\n" (1)`);
    assert.equal(shown(''), '"" (1)');
    assert.equal(shown('a,b'), '"a,b" (1)');
    assert.equal(shown('東京🦊é'), '東京🦊é (1)');
  });

  it('cuts long tokens between characters', () => {
    assert.equal(shown('🦊'.repeat(40)), `${'🦊'.repeat(40)} (1)`);
    assert.equal(shown('🦊'.repeat(41)), `${'🦊'.repeat(40)}… (1)`);
    assert.equal(shown(' '.repeat(50_000)), `"${' '.repeat(40)}"… (1)`);
  });
});

function noneIfNegative(row: number): number | undefined {
  return row < 0 ? undefined : row;
}
