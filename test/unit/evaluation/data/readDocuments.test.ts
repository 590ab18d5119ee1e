/** What a reader does with files that are odd, broken, huge or somebody else's. */
import assert from 'node:assert/strict';
import { open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tableFromArrays, tableToIPC } from '@uwdata/flechette';
import { parquetMetadata, type ColumnChunk } from 'hyparquet';
import { CancelledError, InputError } from '../../../../src/base/errors.ts';
import { checkCount, withDataFile } from '../../../../src/evaluation/data/dataFile.ts';
import { columnsOf } from '../../../../src/evaluation/data/parquetLayout.ts';
import { readDocuments, type ReadOptions } from '../../../../src/evaluation/data/readDocuments.ts';
import type { Document } from '../../../../src/evaluation/types.ts';
import { ROOT, temporaryFolder } from '../../../support/paths.ts';

const CASE = join(ROOT, 'test/golden/data/case');

async function read(name: string, content: string | Uint8Array, options?: ReadOptions): Promise<Document[]> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, name);
  await writeFile(file, content);
  return await readDocuments(file, options);
}

/** Of a file that has this size, begins so, and takes no room. */
async function readSparse(name: string, size: number, start = ''): Promise<Document[]> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, name);
  await writeFile(file, start);
  {
    await using handle = await open(file, 'r+');
    await handle.truncate(size);
  }
  return await readDocuments(file);
}

function refuses(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(`${error.message} ${error.hint ?? ''}`, pattern);
    return true;
  });
}

describe('the format', () => {
  it('is known by content where the ending says nothing', async () => {
    assert.deepEqual(await read('blob', '{"a":1}\n{"a":2}\n'), [{ a: 1 }, { a: 2 }]);
    assert.deepEqual(await read('data.txt', '\ufeff \n[{"a":1},{"a":2}]'), [{ a: 1 }, { a: 2 }]);
    assert.deepEqual(await read('data.txt', '\ufeffa\tb\n1\t"x\n'), [{ a: 1, b: '"x' }]);
    for (const name of ['snappy.parquet', 'types.arrow', 'stream.arrow'])
      assert.deepEqual(await read('blob', await readFile(join(CASE, name))), await readDocuments(join(CASE, name)));
  });
  it('is known by its ending in any case', async () =>
    assert.deepEqual(await read('A.CSV', 'a,b\n1,2\n'), [{ a: 1, b: 2 }]));
  it('is not guessed', () => refuses(read('data.txt', 'a,b\n1,2\n'), /format is not known.*\.csv, \.tsv/));
  it('must not contradict the ending', async () => {
    await refuses(read('a.jsonl', await readFile(join(CASE, 'none.parquet'))), /begins as parquet/);
    await refuses(read('a.parquet', '{"a":1}\n'), /a\.parquet is not what its ending says: it does not begin as one/);
    await refuses(read('a.arrow', 'PAR1'), /begins as parquet/);
  });
  it('is not that of what a download left', async () => {
    await refuses(read('a.parquet', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /git lfs pull/);
    await refuses(read('a.jsonl', '\n<!DOCTYPE html><html></html>'), /HTML page/);
  });
});

describe('files', () => {
  it('that are missing, empty, folders or too large are refused', async () => {
    await refuses(readDocuments(join(CASE, 'missing.jsonl')), /missing\.jsonl: it does not exist/);
    await refuses(readDocuments(CASE), /it is not a file/);
    for (const ending of ['jsonl', 'json', 'csv', 'tsv', 'parquet', 'arrow'])
      await refuses(read(`a.${ending}`, ''), /is empty/);
    await refuses(readSparse('a.jsonl', 4_000_000_001), /too large: 4\.00 GB/);
    await refuses(readSparse('a.json', 400_000_001, '[1,\n'), /one JSON value of 400 MB.*JSON Lines/);
  });
  it('hold a bounded number of bytes in one part, and of documents', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'large');
    {
      await using handle = await open(path, 'w');
      await handle.truncate(2_000_000_000);
    }
    await refuses(
      withDataFile(path, (file) => file.read(5, 1_000_000_001)),
      /holds 1\.00 GB, too much to be read at once/,
    );
    assert.throws(() => checkCount(path, 20_000_001), InputError);
    checkCount(path, 20_000_000);
    const keys = Array.from({ length: 15_000 }, (_, i) => `{"key${i}":1}`).join('\n');
    await refuses(read('a.jsonl', keys), /15000 different keys/);
  });
  it('may be links', async () => {
    await using folder = await temporaryFolder();
    await symlink(join(CASE, 'none.parquet'), join(folder.path, 'link.parquet'));
    assert.equal((await readDocuments(join(folder.path, 'link.parquet'))).length, 4);
  });
  it('stop at a cancellation, and before the first byte', async () => {
    const lines = '{"a":1}\n'.repeat(1_000_000);
    for (const [name, content] of [
      ['a.jsonl', lines],
      ['a.csv', `a\n${'1\n'.repeat(3_000_000)}`],
      ['a.parquet', await readFile(join(CASE, 'groups.parquet'))],
      ['a.arrow', await readFile(join(CASE, 'stream.arrow'))],
    ] as const)
      await assert.rejects(read(name, content, { signal: AbortSignal.abort() }), CancelledError, name);
    const cancel = new AbortController();
    setImmediate(() => setImmediate(() => cancel.abort()));
    await assert.rejects(read('a.jsonl', lines, { signal: cancel.signal }), CancelledError);
  });
});

describe('JSON', () => {
  it('names the line of what is wrong', async () => {
    await refuses(read('a.jsonl', '{"a":1}\n\n{"a":\n'), /a\.jsonl, line 3 is not JSON/);
    await refuses(read('a.jsonl', '{"a":1}\n[1]\n'), /line 2: a document must be a JSON object, but this is a list/);
    await refuses(read('a.jsonl', '{"a":1}\nnull\n'), /line 2: .* but this is null/);
    await refuses(read('a.json', '[{"a":1}, 5]'), /row 2: .* but this is a number/);
    await refuses(read('a.json', '[]'), /holds no documents/);
    await refuses(read('a.json', '[{"a":1}'), /a\.json is not JSON/);
    await refuses(read('a.jsonl', Buffer.from('{"a":1}\n{"a":"\xff"}', 'latin1')), /line 2 is not UTF-8/);
    await refuses(read('a.jsonl', Buffer.from('\ufeff{"a":1}\n', 'utf16le')), /line 1 is not UTF-8/);
  });
  it('refuses a line of more than 64 MB', () =>
    refuses(readSparse('a.jsonl', 66_000_000, '{"a":1}\n'), /line 2 is longer than 64\.0 MB/));
  it('takes the list under "data"', async () => {
    const rows = [{ a: 1 }, { a: 2 }];
    assert.deepEqual(await read('a.json', '{"version": 1, "data": [{"a": 1}, {"a": 2}]}'), rows);
    assert.deepEqual(await read('a.json', '{\n"data": [\n{"a": 1},\n{"a": 2}\n]\n}\n'), rows);
    assert.deepEqual(await read('a.json', '{"data": [1, 2]}'), [{ data: [1, 2] }]);
    assert.deepEqual(await read('a.jsonl', '{"data": [{"a": 1}]}\n{"data": []}\n'), [
      { data: [{ a: 1 }] },
      { data: [] },
    ]);
  });
  it('reads lines that cross its buffers', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ i, text: 'é'.repeat(30_000 + i) }));
    assert.deepEqual(await read('a.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')), rows);
  });
  it('reads no further than the limit', async () => {
    const content = '{"a":1}\n{"a":2}\n{broken\n';
    assert.deepEqual(await read('a.jsonl', content, { limit: 2 }), [{ a: 1 }, { a: 2 }]);
    await refuses(read('a.jsonl', content, { limit: 3 }), /line 3/);
    assert.deepEqual(await read('a.json', '[{"a":1},{"a":2}]', { limit: 1 }), [{ a: 1 }]);
    assert.deepEqual(await read('a.jsonl', content, { limit: 0 }), []);
  });
  it('leaves prototypes alone', async () => {
    for (const [ending, content] of [
      ['jsonl', '{"__proto__":{"polluted":1},"a":NaN}\n{"a":2}\n'],
      ['json', '[{"__proto__":{"polluted":1},"a":1},{"a":2}]'],
      ['csv', '__proto__,a\npolluted,1\n'],
    ] as const) {
      const [first] = await read(`a.${ending}`, content);
      assert.equal(Object.getPrototypeOf(first), Object.prototype);
      assert.ok(Object.hasOwn(first!, '__proto__'));
      assert.equal(first!.polluted, undefined);
    }
    assert.equal(({} as Document).polluted, undefined);
  });
});

describe('CSV and TSV', () => {
  it('names the line of a ragged row, and both counts', async () => {
    await refuses(read('a.csv', 'a,b\n1,"x\ny"\n3,4,5\n'), /a\.csv, line 4 has 3 fields where the header has 2/);
    await refuses(read('a.csv', 'a,b,c\n1,2,3\n\n3,4\n'), /line 4 has 2 fields where the header has 3/);
    await refuses(read('a.tsv', 'a\tb\n1\t2\n3\n'), /line 3 has 1 fields where the header has 2/);
  });
  it('refuses what quoting leaves unclear', async () => {
    await refuses(read('a.csv', 'a,b\n1,"x"y\n'), /line 2: text follows a closing quote/);
    await refuses(read('a.csv', 'a,b\n1,"x\n'), /a\.csv: Quote Not Closed.* line/);
    assert.deepEqual(await read('a.csv', 'a,b\nx"y"z,"""q"" r"\n'), [{ a: 'x"y"z', b: '"q" r' }]);
  });
  it('refuses text that is not UTF-8', () =>
    refuses(read('a.csv', Buffer.from('a,b\n1,\xe9\n', 'latin1')), /line 2 is not UTF-8/));
  it('refuses a line of more than 64 MB', () =>
    refuses(readSparse('a.tsv', 66_000_000, 'a\tb\n'), /line 2 is longer than 64\.0 MB/));
  it('lets rows beyond the limit decide about types', async () => {
    const rows = Array.from({ length: 9999 }, (_, i) => i).join('\n');
    assert.deepEqual(await read('a.csv', `a\n${rows}\nx\n`, { limit: 1 }), [{ a: '0' }]);
    assert.deepEqual(await read('a.csv', `a\n${rows}\n5\nx\n`, { limit: 1 }), [{ a: 0 }]);
    assert.equal((await read('a.csv', `a\n${rows}\n5\nx\n`)).length, 10_001);
  });
});

describe('Parquet and Arrow', () => {
  it('that are cut off are refused', async () => {
    for (const [name, ...lengths] of [
      ['types.parquet', 20, 700, 3000, -1],
      ['types.arrow', 20, 700, 3000],
      ['stream.arrow', 20, 700, 3000, -20],
    ] as const) {
      const whole = await readFile(join(CASE, name));
      for (const length of lengths)
        await refuses(read(name, whole.subarray(0, length)), /damaged|cannot be read|after its end/);
    }
  });
  it('are read no further than the limit', async () => {
    const whole = await readFile(join(CASE, 'stream.arrow'));
    const half = whole.subarray(0, whole.length / 2);
    assert.deepEqual(await read('a.arrow', half, { limit: 1 }), (await read('a.arrow', whole)).slice(0, 1));
    await refuses(read('a.arrow', half, { limit: 4 }), /after its end/);
    const groups = await readFile(join(CASE, 'groups.parquet'));
    const rows = await read('a.parquet', groups);
    // The last row group is made unreadable.
    groups.fill(0xff, groups.length - 1100, groups.length - 900);
    assert.deepEqual(await read('a.parquet', groups, { limit: 32 }), rows.slice(0, 32));
    await refuses(read('a.parquet', groups), /cannot be read/);
  });
  it('that contradict themselves are refused', async () => {
    const bytes = await readFile(join(CASE, 'groups.parquet'));
    const metadata = parquetMetadata(bytes);
    assert.deepEqual(columnsOf(metadata, 'a', bytes.length), ['i', 'text']);
    const [first, ...groups] = metadata.row_groups;
    const refusesColumns = (columns: ColumnChunk[]): void =>
      assert.throws(
        () => columnsOf({ ...metadata, row_groups: [{ ...first!, columns }, ...groups] }, 'a', bytes.length),
        /its columns are not where its schema says/,
      );
    refusesColumns(first!.columns.slice(1));
    refusesColumns(first!.columns.slice(0, 1));
    refusesColumns(first!.columns.toReversed());
    refusesColumns(first!.columns.map((column) => ({ ...column, file_path: 'elsewhere' })));
    assert.throws(() => columnsOf(metadata, 'a', 1000), /its columns are not where/);
    const twice = metadata.schema.map((element, i) => (i === 1 ? { ...element, name: 'text' } : element));
    assert.throws(() => columnsOf({ ...metadata, schema: twice, row_groups: [] }, 'a', 1), /its columns are not where/);
  });
  it('whose lengths do not fit are refused before they are followed', async () => {
    const lists = Array.from({ length: 777 }, (_, i) => Array.from({ length: 1 + (i % 3) }, () => i));
    const table = Buffer.from(tableToIPC(tableFromArrays({ lists }), { format: 'stream' }) ?? []);
    assert.equal((await read('a.arrow', table)).length, 777);
    const numbers = Array.from({ length: 777 }, (_, i) => i);
    const longer = Buffer.from(tableToIPC(tableFromArrays({ numbers }), { format: 'stream' }) ?? []);
    for (let at = 0; at + 8 <= longer.length; at += 4)
      if (longer.readBigInt64LE(at) === 777n) longer.writeBigInt64LE(77_777n, at);
    await refuses(read('a.arrow', longer), /column numbers, is damaged: its lengths do not fit/);
    const offsets = table.indexOf(Buffer.from(Int32Array.of(0, 1, 3, 6).buffer));
    for (const offset of [0, 2000, -1]) {
      const bent = Buffer.from(table);
      bent.writeInt32LE(offset, offsets + 8);
      await refuses(read('a.arrow', bent), /its lengths do not fit/);
    }
  });
  it('that are damaged are refused or read, and nothing else', async () => {
    for (const name of ['types.parquet', 'groups.parquet', 'dictionary.arrow', 'stream.arrow']) {
      const whole = await readFile(join(CASE, name));
      for (let at = 0; at < whole.length; at += 97) {
        const damaged = Buffer.from(whole);
        damaged[at] = 0xff - (damaged[at] ?? 0);
        await read(name, damaged).catch((error: unknown) =>
          assert.ok(error instanceof InputError, `${name} ${at}: ${String(error)}`),
        );
      }
    }
  });
  it('cannot name a field so that it replaces a prototype', async () => {
    for (const name of ['prototype.parquet', 'prototype.arrow', 'prototype-column.arrow'])
      await refuses(readDocuments(join(CASE, name)), /a field named "__proto__"/);
  });
});
