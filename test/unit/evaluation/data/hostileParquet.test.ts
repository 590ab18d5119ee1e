/** Parquet files that claim, repeat and nest more than they hold. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../../../support/paths.ts';
import { readSoon, refusesFile } from './hostile.ts';
import {
  i32,
  deltas,
  parquetBytes,
  plainTexts,
  several,
  struct,
  text,
  varint,
  within,
  zigzag,
  type Field,
  type Made,
} from './parquetBytes.ts';

const CASE = join(ROOT, 'test/golden/data/case');

/** Fields with the greatest run of ones that there can be, and one byte of it. */
const ENDLESS_RUN = Buffer.concat([varint(0xfffffffe), Buffer.from([1])]);
const ONES = (count: number): Buffer => Buffer.concat([varint(2 * count), Buffer.from([1])]);
const NEVER_ENDING = Buffer.alloc(500_000, 0x80);

const leaf = (name: string, ...more: readonly Field[]): Buffer => struct(i32(1, 1), i32(3, 1), text(4, name), ...more);
const root = (children: number): Buffer => struct(text(4, 'r'), i32(5, children));
const deep = (depth: number): Buffer[] => [
  ...Array.from({ length: depth }, () => struct(i32(3, 1), text(4, 'x'), i32(5, 1))),
  leaf('a'),
];
const decimal = [root(1), struct(i32(1, 7), i32(2, 100_000), i32(3, 1), text(4, 'a'), i32(6, 5))];

/** A file whose INT32 column has deltas that lead back to their own beginning. */
const backwards = Buffer.concat([varint(128), varint(0xffffffff), varint(10), zigzag(0), zigzag(0), Buffer.alloc(64)]);

/** Differences that are all the same take no bits. */
const steps = (first: number, step: number, count: number): Buffer => {
  const blocks = Array.from({ length: Math.ceil((count - 1) / 128) }, () =>
    Buffer.concat([zigzag(step), Buffer.alloc(4)]),
  );
  return Buffer.concat([varint(128), varint(4), varint(count), zigzag(first), ...blocks]);
};
const texts = [root(1), struct(i32(1, 6), i32(3, 1), text(4, 'a'))];
const growing = Buffer.concat([steps(0, 1, 90_000), steps(1, 0, 90_000), Buffer.alloc(90_000, 0x61)]);

const CASES: Record<string, readonly [Made, RegExp]> = {
  'three million rows of nothing': [{ rows: 3_000_000 }, /says that it holds 3\.00M documents in 1\d\d B/],
  'nineteen million rows of nothing': [{ rows: 19_000_000 }, /says that it holds 19\.0M documents/],
  'rows of nothing behind a megabyte of nothing': [{ rows: 1_500_000, padding: 1_000_000 }, /says that it holds/],
  'more values than rows': [{ rows: 10, values: 2_000_000_000 }, /would become too large/],
  'fewer values than rows': [{ rows: 1000, values: 10 }, /a column has too few values/],
  'a run that is longer than its page': [{ rows: 10, levels: ENDLESS_RUN }, /a page holds more values than it says/],
  'a packed run that is longer': [
    { rows: 10, levels: Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]) },
    /more values|ends before/,
  ],
  'indices that repeat for ever': [
    { rows: 10, levels: ONES(10), page: Buffer.concat([Buffer.from([1]), ENDLESS_RUN]), encoding: 8 },
    /a page holds more values than it says/,
  ],
  'deltas that lead back': [
    { rows: 10, levels: ONES(10), page: backwards, encoding: 5 },
    /blocks of an impossible size/,
  ],
  'deltas without an end': [
    {
      rows: 10,
      levels: ONES(10),
      page: Buffer.concat([varint(128), varint(4), varint(10), NEVER_ENDING]),
      encoding: 5,
    },
    /a number in a page has no end/,
  ],
  'texts that each begin as the one before': [
    { rows: 90_000, type: 6, schema: texts, levels: ONES(90_000), page: growing, encoding: 7 },
    /would become too large/,
  ],
  'values that are cut off': [
    { rows: 1000, levels: ONES(1000), page: Buffer.alloc(8) },
    /a page ends before its values do/,
  ],
  'a page that unpacks to gigabytes': [
    { codec: 2, unpacked: 2_000_000_000, page: gzipSync('') },
    /would become too large/,
  ],
  'a page that unpacks to more than it says': [
    { codec: 2, unpacked: 100, page: gzipSync(Buffer.alloc(300_000_000), { level: 1 }) },
    /bytes contradict each other|larger than/,
  ],
  'blocks of LZ4 that step back': [
    { codec: 5, unpacked: 100, page: Buffer.from([0, 0, 0, 0, 255, 255, 255, 248, 0, 0, 0, 0, 0, 0, 0, 0, 0]) },
    /lz4|ends before/,
  ],
  'a list that is longer than the file': [{ more: [several(5, [], 30_000_000)] }, /a list in its headers is longer/],
  'a number without an end': [{ more: [[6, 6, NEVER_ENDING]] }, /a number in its headers has no end/],
  'nested headers': [{ more: [[6, 12, Buffer.alloc(100_000, 0x1c)]] }, /nested without end/],
  'empty structures': [
    {
      more: [
        several(
          5,
          Array.from({ length: 900_000 }, () => Buffer.from([0])),
        ),
      ],
    },
    /nested without end/,
  ],
  'a schema of three thousand levels': [{ schema: [root(1), ...deep(3000)] }, /its schema is nested too deeply/],
  'a schema of nine thousand columns': [
    { schema: [root(9000), ...Array.from({ length: 9000 }, (_, i) => leaf(`a${i}`))] },
    /its schema has more than 5000 parts/,
  ],
  'a schema that is cut off': [{ schema: [root(2_000_000_000), leaf('a')] }, /its schema is not complete/],
  'a column of variants': [
    { schema: [root(1), leaf('a', within(10, struct(within(16, struct()))))] },
    /a column of type VARIANT, which is not read/,
  ],
  'the least decimal with a hundred thousand digits': [
    { schema: decimal, statistics: within(12, struct(text(6, Buffer.alloc(100_000, 1)))) },
    /a decimal of it has no end/,
  ],
};

describe('a Parquet file is refused, soon,', () => {
  for (const [name, [made, words]] of Object.entries(CASES))
    it(`with ${name}`, () => refusesFile('a.parquet', parquetBytes(made), words));

  for (const [at, value] of [
    [235, 128],
    [709, 128],
    [1464, 128],
    [1791, 209],
  ] as const)
    it(`with byte ${at} of types.parquet changed`, async () => {
      const bytes = await readFile(join(CASE, 'types.parquet'));
      bytes[at] = value;
      await refusesFile('types.parquet', bytes, /cannot be read/);
    });
});

it('a Parquet file of many nulls, and one whose values are few, are read', async () => {
  assert.equal((await readSoon('a.parquet', parquetBytes({ rows: 1000 }))).length, 1000);
  const page = Buffer.alloc(8);
  page.writeInt32LE(7, 4);
  const packed = Buffer.from([3, 0b10010000]);
  assert.deepEqual(
    await readSoon('a.parquet', parquetBytes({ rows: 8, levels: packed, page })),
    [null, null, null, null, 0, null, null, 7].map((a) => ({ a })),
  );
});

describe('a Parquet file is read as before, whose values are', () => {
  const numbers = [7, 5, 3, 1, 2, 3, 4, 1_000_000_000, -1_000_000_000];
  const words = ['axis', 'axle', 'babble', 'babyhood'];
  const strings = [root(1), struct(i32(1, 6), i32(3, 1), text(4, 'a'), i32(6, 0))];
  const json = [root(1), struct(i32(1, 6), i32(3, 1), text(4, 'a'), i32(6, 19))];
  const lengths = [4, 4, 6, 8];
  const suffixes = Buffer.concat([deltas([0, 2, 0, 3]), deltas([4, 2, 6, 5]), Buffer.from('axislebabbleyhood')]);
  const ofTexts = { rows: 4, type: 6, levels: ONES(4) };
  const CASES: Record<string, readonly [Made, readonly unknown[]]> = {
    differences: [{ rows: 9, levels: ONES(9), page: deltas(numbers), encoding: 5 }, numbers],
    'texts behind their lengths': [
      { ...ofTexts, schema: strings, page: Buffer.concat([deltas(lengths), Buffer.from(words.join(''))]), encoding: 6 },
      words,
    ],
    'texts that begin as the one before': [{ ...ofTexts, schema: strings, page: suffixes, encoding: 7 }, words],
    'JSON, with NaN': [
      { ...ofTexts, schema: json, page: plainTexts(['{"a": [1]}', '[NaN]', '"x"', '1']) },
      [{ a: [1] }, [NaN], 'x', 1],
    ],
  };
  for (const [name, [made, values]] of Object.entries(CASES))
    it(name, async () =>
      assert.deepEqual(
        await readSoon('a.parquet', parquetBytes(made)),
        values.map((a) => ({ a })),
      ),
    );
  it('but not what is no JSON', () =>
    refusesFile(
      'a.parquet',
      parquetBytes({ ...ofTexts, schema: json, page: plainTexts(['1', '2', 'three', '['.repeat(20_000)]) }),
      /a value of it is not JSON \(column 1\)/,
    ));
});
