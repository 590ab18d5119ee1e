/** Our matcher of patterns against JavaScript's own, on random patterns and texts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinearPattern } from '../../../../src/evaluation/tokenizer/pattern/linearPattern.ts';
import { PatternError } from '../../../../src/evaluation/patternError.ts';
import { TokenSplitter } from '../../../../src/evaluation/tokenizer/tokenSplitter.ts';

const LOOKS = ['(?=a)', '(?!b)', '(?<=a)', '(?<!b|c)', '(?:(?=(?:[a]|[^b]))[\\s\\S])', '(?<![\\s\\S])', '(?![\\s\\S])'];
const SETS = ['a', 'b', '[ab]', '[^a\\]]', '\\p{L}', '\\s', 'c', '\\u{1F600}', '\\x61', '😀', '[\\]😀]', '\\.'];
const QUANTIFIERS = ['*', '+', '?', '{1,3}', '{2}', '{0,2}', '{2,}'];

type Below = (below: number) => number;

function random(seed: number): Below {
  let state = seed;
  return (below) => ((state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) >> 8) % below;
}

function pattern(below: Below, atoms: readonly string[], depth: number): string {
  const inner = (): string => pattern(below, atoms, depth - 1);
  switch (below(depth > 0 ? 6 : 2)) {
    case 2:
      return inner() + inner();
    case 3:
      return `(?:${inner()}|${inner()})`;
    case 4:
      return `(?:${inner()})${QUANTIFIERS[below(QUANTIFIERS.length)] ?? ''}${below(3) === 0 ? '?' : ''}`;
    case 5:
      return `(?:${inner()}|${inner()}|)`;
    default:
      return atoms[below(atoms.length)] ?? '';
  }
}

const found = (text: string, matcher: RegExp | LinearPattern): unknown =>
  Array.from(text.matchAll(matcher as RegExp), ({ 0: whole, index }) => [index, whole]);

/** V8 finds what is empty within surrogate pairs too, where it looks around: texts for that have none. */
for (const [what, atoms, letters] of [
  ['that look around', [...SETS, ...LOOKS], ['a', 'b', 'c', ' ', 'é', ']']],
  ['of all characters', SETS, ['a', 'b', 'c', ' ', '😀', ']']],
] as const)
  it(`patterns ${what} match as JavaScript's`, () => {
    const below = random(11);
    let matched = 0;
    for (let i = 0; i < 4000; i++) {
      const native = new RegExp(pattern(below, atoms, 4), 'gu');
      let ours: LinearPattern;
      try {
        ours = new LinearPattern(native.source, () => undefined);
      } catch (error) {
        assert.ok(error instanceof PatternError);
        assert.equal(error.message, 'it repeats what may be empty');
        continue;
      }
      matched++;
      for (let k = 0; k < 4; k++) {
        const text = Array.from({ length: below(9) }, () => letters[below(letters.length)]).join('');
        const place = JSON.stringify([native.source, text]);
        assert.deepEqual(found(text, ours), found(text, native), place);
        assert.deepEqual(text.match(ours as unknown as RegExp), text.match(native), place);
        assert.deepEqual(text.split(ours as unknown as RegExp), text.split(native), place);
        assert.equal(
          ours[Symbol.replace](text, () => '<$&>'),
          text.replace(native, () => '<$&>'),
          place,
        );
      }
    }
    assert.ok(matched > 2000, `${matched} patterns were compared`);
  });

describe('a pattern is refused', () => {
  for (const source of [
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '^a',
    'a$',
    '(?<=ab)c',
    '(?<=a+)c',
    'a{1,5000}',
    '(?s:.)',
    '(?:a?)+',
    '\\b',
  ])
    it(source, () => assert.throws(() => new LinearPattern(source, () => undefined), PatternError));
});

it('the work is told before it is done', () => {
  const told: number[] = [];
  'aaaa'.match(new LinearPattern('a+b', (work) => told.push(work)) as unknown as RegExp);
  // Two of a, the choice between, one of b, and the end, at five places.
  assert.deepEqual(told, [25]);
});

/** The library's own way, which goes through the longest token again at every place. */
function splitSlowly(text: string, tokens: readonly string[]): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length;) {
    const here = tokens.filter((token) => token !== '' && text.startsWith(token, i));
    const longest = here.reduce((best, token) => (token.length > best.length ? token : best), '');
    if (longest !== '') {
      if (i > start) parts.push(text.slice(start, i));
      parts.push(longest);
      start = i + longest.length;
    }
    i = longest === '' ? i + 1 : start;
  }
  return start < text.length ? [...parts, text.slice(start)] : parts;
}

it('tokens are found as the library finds them', () => {
  const below = random(3);
  const word = (most: number): string =>
    Array.from({ length: below(most) }, () => ['a', 'b', 'c', '😀'][below(4)]).join('');
  for (let i = 0; i < 5000; i++) {
    const tokens = Array.from({ length: 1 + below(6) }, () => word(6));
    const text = word(20);
    assert.deepEqual(new TokenSplitter(tokens).split(text), splitSlowly(text, tokens), JSON.stringify([tokens, text]));
  }
});
