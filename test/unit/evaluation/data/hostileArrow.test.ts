/** Arrow files whose lengths are not theirs, and files of both binary formats in which bytes were changed at random. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  decimal,
  dictionary,
  fixedSizeBinary,
  fixedSizeList,
  int32,
  list,
  listView,
  nullType,
  struct,
  tableFromArrays,
  tableToIPC,
  utf8,
  utf8View,
  type DataType,
} from '@uwdata/flechette';
import { Layout } from '../../../../src/evaluation/data/arrow/layout.ts';
import { readDocuments } from '../../../../src/evaluation/data/readDocuments.ts';
import { ROOT, temporaryFolder } from '../../../support/paths.ts';
import { assertForPersons, readSoon, refusesFile, soon } from './hostile.ts';

const CASE = join(ROOT, 'test/golden/data/case');
const MARK = 777;

function stream(columns: Record<string, unknown[]>, types: Record<string, DataType> = {}): Buffer {
  return Buffer.from(tableToIPC(tableFromArrays(columns, { types }), { format: 'stream' }) ?? []);
}

/** Every length of 777 says otherwise. */
function saying(bytes: Buffer, length: bigint): Buffer {
  for (let at = 0; at + 8 <= bytes.length; at += 4)
    if (bytes.readBigInt64LE(at) === BigInt(MARK)) bytes.writeBigInt64LE(length, at);
  return bytes;
}

const marked = <T>(of: (i: number) => T): T[] => Array.from({ length: MARK }, (_, i) => of(i));

describe('an Arrow file is refused, soon,', () => {
  for (const [name, at, value, words] of [
    ['stream.arrow', 48, 1, /a list in it is longer than its message/],
    ['dictionary.arrow', 727, 75, /a list in it is longer than its message/],
    ['stream.arrow', 1691, 255, /a buffer of it ends after its message/],
    ['stream.arrow', 4944, 1, /lengths do not fit/],
  ] as const)
    it(`with byte ${at} of ${name} changed`, async () => {
      const bytes = await readFile(join(CASE, name));
      bytes[at] = value;
      await refusesFile(name, bytes, words);
    });

  it('with more rows of nothing than it could have', () =>
    refusesFile(
      'a.arrow',
      saying(stream({ a: marked(() => null) }, { a: nullType() }), 900_000n),
      /says that it holds/,
    ));

  it('with a dictionary of two thousand million values', () => {
    const words = Array.from({ length: 2000 }, (_, i) => `word ${i % MARK}`);
    const bytes = stream({ a: words }, { a: dictionary(utf8()) });
    return refusesFile('a.arrow', saying(bytes, 2_000_000_000n), /a dictionary, is damaged: its lengths do not fit/);
  });
});

/** What a column and its children say of themselves. */
interface Laid {
  readonly type: DataType;
  readonly nodes: readonly number[];
  /** Each 32-bit numbers; the first, of nulls, is left out. */
  readonly buffers: readonly (readonly number[])[];
  readonly variadic?: readonly number[];
  readonly sound: boolean;
}

const FIRST_BUFFER: readonly number[] = [];
const LAYOUTS: Record<string, Laid> = {
  'numbers that are there': { type: int32(), nodes: [3], buffers: [[1, 2, 3]], sound: true },
  'numbers that are not': { type: int32(), nodes: [4], buffers: [[1, 2, 3]], sound: false },
  'more nulls than the file may have': { type: nullType(), nodes: [1001], buffers: [], sound: false },
  'fewer than none': { type: nullType(), nodes: [-1], buffers: [], sound: false },
  'a decimal with a thousand million digits': {
    type: decimal(10, 1_000_000_000, 128),
    nodes: [1],
    buffers: [[0, 0, 0, 0]],
    sound: false,
  },
  'a decimal': { type: decimal(10, 2, 128), nodes: [1], buffers: [[0, 0, 0, 0]], sound: true },
  'bytes of a width below zero': { type: fixedSizeBinary(-1), nodes: [1], buffers: [[0]], sound: false },
  'lists of a fixed length that their values do not have': {
    type: fixedSizeList(int32(), 2_000_000_000),
    nodes: [1, 3],
    buffers: [FIRST_BUFFER, [1, 2, 3]],
    sound: false,
  },
  'structs of shorter columns': {
    type: struct({ a: int32() }),
    nodes: [3, 2],
    buffers: [FIRST_BUFFER, [1, 2, 3]],
    sound: false,
  },
  'lists in order': { type: list(int32()), nodes: [2, 3], buffers: [[0, 1, 3], FIRST_BUFFER, [1, 2, 3]], sound: true },
  'lists that run backwards': {
    type: list(int32()),
    nodes: [2, 3],
    buffers: [[0, 3, 1], FIRST_BUFFER, [1, 2, 3]],
    sound: false,
  },
  'views of lists': {
    type: listView(int32()),
    nodes: [2, 3],
    buffers: [[0, 1], [3, 2], FIRST_BUFFER, [1, 2, 3]],
    sound: true,
  },
  'views of one list again and again': {
    type: listView(int32()),
    nodes: [400, 3],
    buffers: [Array<number>(400).fill(0), Array<number>(400).fill(3), FIRST_BUFFER, [1, 2, 3]],
    sound: false,
  },
  'views past the end of their list': {
    type: listView(int32()),
    nodes: [1, 3],
    buffers: [[2], [2], FIRST_BUFFER, [1, 2, 3]],
    sound: false,
  },
  'views of a text': {
    type: utf8View(),
    nodes: [1],
    buffers: [
      [16, 0, 0, 0],
      [1, 2, 3, 4],
    ],
    variadic: [1],
    sound: true,
  },
  'views past the end of their text': {
    type: utf8View(),
    nodes: [1],
    buffers: [
      [16, 0, 0, 4],
      [1, 2, 3, 4],
    ],
    variadic: [1],
    sound: false,
  },
  'views of one text again and again': {
    type: utf8View(),
    nodes: [100],
    buffers: [Array.from({ length: 100 }, () => [16, 0, 0, 0]).flat(), [1, 2, 3, 4]],
    variadic: [1],
    sound: false,
  },
  'views into more texts than there are': {
    type: utf8View(),
    nodes: [1],
    buffers: [[1, 0, 0, 0]],
    variadic: [1e9],
    sound: false,
  },
};

describe('of an Arrow column', () => {
  for (const [name, { type, nodes, buffers, variadic = [], sound }] of Object.entries(LAYOUTS))
    it(`${sound ? 'sound' : 'not sound'}: ${name}`, () => {
      const parts = [...(buffers.length === 0 ? [] : [FIRST_BUFFER]), ...buffers];
      const body = Int32Array.from(parts.flat());
      let offset = 0;
      const regions = parts.map(({ length }) => ({ offset: (offset += 4 * length) - 4 * length, length: 4 * length }));
      const shape = { rows: nodes[0] ?? 0, nodes, buffers: regions, variadic };
      const layout = new Layout(shape, new Uint8Array(body.buffer), { cells: 1000, bytes: 1000 });
      assert.equal(layout.column(type) !== undefined, sound);
    });
});

it('an Arrow file of many small messages is read soon', async () => {
  const small = stream({ a: ['x'] });
  const second = small.indexOf(Buffer.from([0xff, 0xff, 0xff, 0xff]), 8);
  const [schema, batch] = [small.subarray(0, second), small.subarray(second, small.length - 8)];
  const bytes = Buffer.concat([schema, ...Array<Buffer>(4000).fill(batch)]);
  assert.equal((await readSoon('a.arrow', bytes)).length, 4000);
});

/** The same in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

it('bytes that were changed at random hold up nobody', async () => {
  const random = randomNumbers(20260101);
  await using folder = await temporaryFolder();
  for (const name of (await readdir(CASE)).filter((each) => /\.(?:parquet|arrow)$/.test(each))) {
    const whole = await readFile(join(CASE, name));
    const file = join(folder.path, name);
    for (let run = 0; run < 150; run++) {
      const changed = Buffer.from(whole);
      for (let changes = 1 + random(2); changes > 0; changes--) changed[random(changed.length)] = random(256);
      await writeFile(file, changed);
      await soon(() => readDocuments(file).catch(assertForPersons));
    }
  }
});
