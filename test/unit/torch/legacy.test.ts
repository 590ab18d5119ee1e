import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { readBytes, u32 } from './files.ts';
import { dictOf, int, pickle, tensor, text, tuple } from './pickles.ts';

const MAGIC = Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);
const VERSION = pickle(int(1001));
const system = (little: string): Buffer => pickle('}', text('little_endian'), little, 's');
const SYSTEM = system('\x88');
const keys = (...names: Buffer[]): Buffer => pickle('](', ...names, 'e');

function count(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

interface Parts {
  readonly magic?: Buffer;
  readonly version?: Buffer;
  readonly system?: Buffer;
  readonly content?: Buffer;
  readonly keys?: Buffer;
  readonly data?: Buffer;
}

const STORED = Buffer.concat([count(2n), Buffer.from('12345678')]);

function legacy(parts: Parts = {}): Buffer {
  const { magic = MAGIC, version = VERSION, content = dictOf(tensor()), data = STORED } = parts;
  return Buffer.concat([magic, version, parts.system ?? SYSTEM, content, parts.keys ?? keys(text('0')), data]);
}

it('the file that the others are made from is read', async () => {
  const { tensors, fileBytes, digestBytes } = await readBytes(legacy());
  assert.deepEqual(
    [...tensors.values()],
    [{ name: 'w', dtype: 'F32', shape: [2], begin: fileBytes - 8, end: fileBytes }],
  );
  assert.equal(digestBytes.length, fileBytes - 16);
});

it('pickles longer than what is read first are read', async () => {
  const beside = Array.from({ length: 30_000 }, (_, i) =>
    Buffer.concat([text(`${i}`.padStart(90, 'x')), Buffer.from('Ns')]),
  );
  const { tensors, ignored } = await readBytes(legacy({ content: pickle('}', ...beside, text('w'), tensor(), 's') }));
  assert.deepEqual([tensors.size, ignored.length], [1, 30_000]);
});

/** Pushes the number of elements, then which part of which other storage it is. */
const VIEWED = Buffer.concat([int(2), tuple(text('1'), int(0), int(2))]);

const REFUSED: Readonly<Record<string, readonly [parts: Parts, reason: RegExp]>> = {
  'another magic number': [{ magic: pickle(int(7)) }, /torch\.save did not write/],
  'another version': [{ version: pickle(int(1000)) }, /unknown version/],
  'bytes of a big-endian machine': [{ system: system('\x89') }, /not written on a little-endian/],
  'bytes of an unknown order': [{ system: pickle('}') }, /not written on a little-endian/],
  'no dict about its machine': [{ system: pickle('N') }, /not written on a little-endian/],
  'a call in the pickle before the last': [{ system: pickle('cos\nsystem\n)R') }, /os\.system/],
  'a call in the first pickle': [{ magic: pickle('cos\nsystem\n)R') }, /os\.system/],
  'a call in the list of storages': [{ keys: pickle('cos\nsystem\n)R') }, /os\.system/],
  'no list of storages': [{ keys: pickle('N') }, /no list of storages/],
  'a storage without a name': [{ keys: keys(int(0)) }, /without a name/],
  'a storage twice': [{ keys: keys(text('0'), text('0')) }, /lists a storage twice/],
  'a storage that nothing uses': [
    { keys: keys(text('0'), text('1')), data: Buffer.concat([STORED, STORED]) },
    /nothing uses/,
  ],
  'a storage that is not listed': [{ keys: keys(), data: Buffer.alloc(0) }, /no storage 0/],
  'a storage of another size': [
    { data: Buffer.concat([count(1n), Buffer.from('1234')]) },
    /needs a storage of 8 bytes/,
  ],
  'a storage beyond the end': [{ data: Buffer.concat([count(3n), Buffer.from('12345678')]) }, /storage 0 is cut off/],
  'a storage of a negative size': [{ data: Buffer.concat([count(-2n), Buffer.from('12345678')]) }, /is cut off/],
  'a storage of a huge size': [{ data: Buffer.concat([count(2n ** 62n), Buffer.from('12345678')]) }, /is cut off/],
  'a size cut off': [{ data: Buffer.from('1234567') }, /cut off between its storages/],
  'bytes after the end': [{ data: Buffer.concat([STORED, Buffer.from('1')]) }, /1 bytes follow/],
  'a storage that is part of another': [{ content: dictOf(tensor({ count: VIEWED })) }, /a part of another one/],
};

describe('a file of the old format is refused with', () => {
  for (const [what, [parts, reason]] of Object.entries(REFUSED))
    it(what, () =>
      assert.rejects(readBytes(legacy(parts)), (error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, reason);
        return true;
      }),
    );

  it('pickles of more than 64 MB', async () => {
    const megabyte = Buffer.concat([Buffer.from('X'), u32(1 << 20), Buffer.alloc(1 << 20, 'a')]);
    const pieces = Array<Buffer>(65).fill(megabyte);
    await assert.rejects(readBytes(legacy({ content: pickle(...pieces) })), /longer than 67108864 bytes/);
  });
});
