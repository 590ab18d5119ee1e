/** JSON, JSON Lines and CSV files that would take quadratic time or memory, or as many calls as they have brackets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { columnNames } from '../../../../src/evaluation/data/columnTypes.ts';
import { parsePythonJson } from '../../../../src/evaluation/data/pythonJson.ts';
import { readSoon, refusesFile } from './hostile.ts';

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const brackets = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

const REFUSED: Record<string, readonly [name: string, content: string, words: RegExp]> = {
  'lines of unrelated objects': ['a.jsonl', lines(3000, (i) => `{"k${i}":1}`), /3000 different keys/],
  'escapes without an end behind NaN': [
    'a.jsonl',
    `{"a": NaN, x ${'\\"'.repeat(50_000)}`,
    /line 1 is not JSON \(column 12\)/,
  ],
  'a string without an end behind NaN': [
    'a.json',
    `{"a": NaN, "${'\\"'.repeat(500_000)}`,
    /is not JSON \(it ends too early/,
  ],
  brackets: ['a.jsonl', `{"a": ${brackets}}`, /line 1 is nested too deeply/],
  'brackets behind NaN': ['a.jsonl', `{"a": NaN, "b": ${brackets}}`, /line 1 is nested too deeply/],
  'brackets in a list': ['a.json', `[{"a": ${brackets}}]`, /is nested too deeply/],
  'the words of another file': ['a.jsonl', 'root:x:0:0:root:/root:/bin/bash\n', /line 1 is not JSON \(column 1\)\.$/],
  'a second line that ends early': [
    'a.jsonl',
    '{"a": 1}\n{"a": [1, 2\n',
    /line 2 is not JSON \(it ends too early, at column 12\)/,
  ],
  'a mistake of a few lines': ['a.json', '[\n  {"a": 1},\n  {"a" 2}\n]', /is not JSON \(line 3, column 8\)/],
};

describe('a text file is refused, soon,', () => {
  for (const [name, [file, content, words]] of Object.entries(REFUSED))
    it(`with ${name.slice(0, 40)}`, () => refusesFile(file, content, words));
});

describe('a text file is read, soon,', () => {
  it('with a hundred thousand digits and a letter', async () => {
    const text = `${'1'.repeat(100_000)}x`;
    assert.deepEqual(await readSoon('a.csv', `a\n${text}\n`), [{ a: text }]);
    assert.deepEqual(await readSoon('a.csv', `a\n${'1'.repeat(100_000)}\n`), [{ a: Infinity }]);
  });
  it('with twenty thousand columns of one name', async () => {
    const [row] = await readSoon(
      'a.csv',
      `${Array(20_000).fill('a').join(',')}\n${Array(20_000).fill('1').join(',')}\n`,
    );
    assert.deepEqual(Object.keys(row!).slice(-1), ['a.19999']);
  });
  it('with a string of five million characters behind NaN', async () => {
    const long = 'x'.repeat(5_000_000);
    const [row] = await readSoon('a.jsonl', `{"a": NaN, "b": "${long}"}`);
    assert.equal(row!.b, long);
  });
  it('where rows lack what few others have', async () => {
    const rows = await readSoon(
      'a.jsonl',
      lines(1000, (i) => (i % 10 === 0 ? `{"a":${i},"b${i % 90}":1}` : `{"a":${i}}`)),
    );
    assert.equal(Object.keys(rows[999]!).length, 10);
  });
  it('with two hundred brackets', async () => {
    const nested = `${'['.repeat(199)}${']'.repeat(199)}`;
    assert.equal((await readSoon('a.jsonl', `{"a": ${nested}}`)).length, 1);
    assert.equal((await readSoon('a.jsonl', `{"a": "${'['.repeat(1000)}"}`)).length, 1);
  });
});

it('repeated columns have the names that pandas gives them', () => {
  const cases: Record<string, string> = {
    'a,a,a': 'a,a.1,a.2',
    'a,a.1,a,a': 'a,a.1,a.2,a.3',
    'a,a,a.1,a.1,a': 'a,a.2,a.1,a.1.1,a.3',
    'b,,a,': 'b,Unnamed: 1,a,Unnamed: 3',
  };
  for (const [header, names] of Object.entries(cases))
    assert.deepEqual(columnNames(header.split(',')), names.split(','));
});

it("NaN and Infinity are Python's, wherever they stand", () => {
  const text = '{"__proto__": NaN, "a": [NaN, -Infinity, "NaN", {"b": Infinity}], "c\\"": "\\\\", "d": 1}';
  const value = parsePythonJson(text) as Record<string, unknown>;
  assert.deepEqual(value.a, [NaN, -Infinity, 'NaN', { b: Infinity }]);
  assert.deepEqual(Object.keys(value), ['__proto__', 'a', 'c"', 'd']);
  assert.ok(Object.is(Object.getOwnPropertyDescriptor(value, '__proto__')?.value, NaN));
});
