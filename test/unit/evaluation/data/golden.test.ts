/** Data files are read as Hugging Face's own readers read them (test/golden/data/make_data.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { findData } from '../../../../src/evaluation/data/findData.ts';
import { readDocuments } from '../../../../src/evaluation/data/readDocuments.ts';
import type { Document } from '../../../../src/evaluation/types.ts';
import { ROOT, temporaryFolder } from '../../../support/paths.ts';

const CASE = join(ROOT, 'test/golden/data/case');

interface TextCase {
  readonly text: string;
  readonly rows: readonly Document[] | 'error';
}

/** Undoes what make_data.py wraps. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$int' in value) return BigInt(String(value.$int));
  if ('$bytes' in value) return Uint8Array.from(Buffer.from(String(value.$bytes), 'hex'));
  if ('$float' in value) return { nan: NaN, inf: Infinity, '-inf': -Infinity }[String(value.$float)];
  return value;
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(CASE, name), 'utf8'), revive) as T;
}

function assertSame(actual: readonly Document[], expected: readonly Document[]): void {
  assert.deepStrictEqual(actual.map(bare), expected.map(bare));
  assert.deepStrictEqual(
    actual.map((row) => Object.keys(row)),
    expected.map((row) => Object.keys(row)),
  );
}

/** A Buffer and a Uint8Array of the same bytes are the same. */
function bare(row: Document): Document {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, value instanceof Uint8Array ? Uint8Array.from(value) : value]),
  );
}

const FILES = load<Record<string, Document[]>>('expected.json');
const TEXTS = load<Record<'csv' | 'tsv' | 'json', Record<string, TextCase>>>('texts.json');

describe('binary files', () => {
  for (const [name, rows] of Object.entries(FILES).filter(([file]) => !file.startsWith('saved/')))
    it(name, async () => {
      assertSame(await readDocuments(join(CASE, name)), rows);
      for (const limit of [0, 1, rows.length - 1])
        assertSame(await readDocuments(join(CASE, name), { limit }), rows.slice(0, limit));
    });

  for (const split of ['train', 'validation'])
    it(`a DatasetDict of save_to_disk: ${split}`, async () => {
      const files = await findData(CASE, { taskName: 'saved', datasetPath: undefined, datasetName: undefined, split });
      const parts = await Promise.all((files ?? []).map((file) => readDocuments(file)));
      assert.equal(parts.length, split === 'train' ? 2 : 1);
      assertSame(parts.flat(), FILES[`saved/${split}`]!);
    });

  it('compressed Arrow is refused, not misread', async () =>
    assert.rejects(readDocuments(join(CASE, 'compressed.arrow')), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /compressed\.arrow.*compress/i);
      return true;
    }));
});

for (const kind of ['csv', 'tsv', 'json'] as const)
  describe(`texts as datasets reads them: ${kind}`, () => {
    for (const [name, { text, rows }] of Object.entries(TEXTS[kind]))
      it(name, async () => {
        await using folder = await temporaryFolder();
        for (const ending of kind === 'json' && !name.includes('one object') ? ['json', 'jsonl'] : [kind]) {
          const file = join(folder.path, `data.${ending}`);
          await writeFile(file, text);
          if (rows === 'error') await assert.rejects(readDocuments(file), InputError);
          else assertSame(await readDocuments(file), rows);
        }
      });
  });
