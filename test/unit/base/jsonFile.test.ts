import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { errorCode, readError, writeError } from '../../../src/base/errors.ts';
import { readJsonFile } from '../../../src/base/jsonFile.ts';
import { brief } from '../../../src/base/quote.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { refusedSoon, soon } from '../evaluation/data/hostile.ts';

const ANYTHING = z.unknown();

async function read(text: string, schema: z.ZodType = ANYTHING): Promise<unknown> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'some.json');
  await writeFile(path, text);
  return await soon(() => readJsonFile(path, schema));
}

describe('a JSON file', () => {
  it('may hold what Python writes, and a byte order mark', async () => {
    assert.deepEqual(await read('\ufeff{"a": [0.0, Infinity, -Infinity], "b": NaN, "c": "NaN \\" Infinity"}'), {
      a: [0, null, null],
      b: null,
      c: 'NaN " Infinity',
    });
    const long = 'x'.repeat(5_000_000);
    assert.deepEqual(await read(`{"a": NaN, "b": "${long}"}`), { a: null, b: long });
  });

  const REFUSED: Record<string, readonly [text: string, words: RegExp]> = {
    nothing: ['', /is not JSON \(it ends too early, at column 1\)/],
    'another file’s words': ['root:x:0:0:root:/root:/bin/bash', /is not JSON \(column 1\)\.$/],
    'a comma too many': ['{"a": 1,}', /is not JSON \(column 9\)/],
    'a comma too few': ['{\n  "a": 1\n  "b": 2\n}', /is not JSON \(line 3, column 3\)/],
    'two values': ['{"a": 1} x', /is not JSON \(column 10\)/],
    'the wrong bracket': ['{"a": [1}', /is not JSON \(column 9\)/],
    'a string with a line break': ['["a\nb"]', /is not JSON \(line 1, column 4\)/],
    'an unknown escape': ['["\\x41"]', /is not JSON \(column 3\)/],
    'an unknown word': ['[True]', /is not JSON \(column 2\)/],
    'a number with a zero before it': ['[01]', /is not JSON \(column 3\)/],
    'an end too early': ['{"a": {"b": [1, 2', /is not JSON \(it ends too early, at column 18\)/],
    'escapes without an end behind NaN': [`{"a": NaN, x ${'\\"'.repeat(50_000)}`, /is not JSON \(column 12\)/],
    'twenty thousand brackets': [`{"a": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`, /is nested too deeply/],
    'twenty thousand braces behind NaN': [
      `[NaN, ${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}]`,
      /is nested too deeply/,
    ],
    'a million line breaks': [`${'\n'.repeat(1_000_000)}x`, /is not JSON \(line 1000001, column 1\)/],
  };
  for (const [name, [text, words]] of Object.entries(REFUSED))
    it(`is refused with ${name}`, async () => {
      await refusedSoon(() => read(text), words);
      await refusedSoon(() => read(text), /some\.json (?!.*bash)/);
    });

  it('is refused in few words where its keys are long', () =>
    refusedSoon(() => read(`{"${'k'.repeat(500_000)}": "x"}`, z.record(z.string(), z.number())), /some\.json: k+…/));
});

describe('a name', () => {
  it('that holds a NUL is told so', async () => {
    await refusedSoon(() => readJsonFile('/tmp/a\0b', ANYTHING), /Cannot read .*: its name holds a NUL character/);
    const error = await readJsonFile('/tmp/a\0b', ANYTHING).catch((caught: unknown) => (caught as Error).cause);
    assert.equal(errorCode(error), 'ERR_INVALID_ARG_VALUE');
    assert.match(String(writeError(error, 'out')), /Cannot write out: its name holds a NUL/);
  });
  it('is no other mistake of a call', () => {
    const error = Object.assign(new TypeError('The argument is odd'), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.equal(errorCode(error), undefined);
    assert.equal(readError(error, 'x'), error);
  });
  it('is cut where it is long, between characters', () => {
    assert.equal(brief('a'.repeat(200)), 'a'.repeat(200));
    assert.equal(brief('a'.repeat(201)), `${'a'.repeat(200)}…`);
    assert.equal(brief('ab😀', 3), 'ab…');
  });
});
