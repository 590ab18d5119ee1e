import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { readBytes, TORCH_FILES, torchZip, u32, zipOf, type ZipEntry } from './files.ts';
import { dictOf, tensor } from './pickles.ts';

const PICKLE: ZipEntry = { name: 'x/data.pkl', data: dictOf(tensor()) };
const DATA: ZipEntry = { name: 'x/data/0', data: Buffer.from('12345678') };
const order = (name: string): ZipEntry => ({ name: 'x/byteorder', data: Buffer.from(name) });

async function assertRefused(bytes: Uint8Array, reason: RegExp): Promise<void> {
  await assert.rejects(readBytes(bytes), (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, reason);
    return true;
  });
}

const REFUSED: Readonly<Record<string, readonly [entries: readonly ZipEntry[], reason: RegExp]>> = {
  'no pickle': [[DATA], /has not one data\.pkl/],
  'a pickle in no folder': [[{ ...PICKLE, name: 'data.pkl' }, DATA], /has not one data\.pkl/],
  'two pickles': [[PICKLE, { ...PICKLE, name: 'y/data.pkl' }, DATA], /has not one data\.pkl/],
  'two pickles of one name': [[PICKLE, PICKLE, DATA], /two entries of the name "x\/data\.pkl"/],
  'two storages of one name': [[PICKLE, DATA, DATA], /two entries of the name "x\/data\/0"/],
  'a name that leaves the archive': [[PICKLE, DATA, { ...DATA, name: 'x/../../data' }], /invalid relative path/],
  'an absolute name': [[PICKLE, DATA, { ...DATA, name: '/data' }], /absolute path/],
  'a backslash in a name': [[PICKLE, DATA, { ...DATA, name: '..\\data' }], /invalid characters/],
  'a compressed storage': [[PICKLE, { ...DATA, method: 8 }], /"x\/data\/0" is compressed/],
  'a compressed pickle': [[{ ...PICKLE, method: 8 }, DATA], /"x\/data\.pkl" is compressed/],
  'another name before the data': [[PICKLE, { ...DATA, localName: 'x/data/1' }], /two headers.*"x\/data\/0" differ/],
  'bytes of a big-endian machine': [[PICKLE, DATA, order('big')], /big-endian/],
  'bytes of an unknown order': [[PICKLE, DATA, order('LITTLE')], /big-endian/],
  code: [[PICKLE, DATA, { name: 'x/constants.pkl', data: Buffer.from('') }], /TorchScript/],
};

describe('a zip archive is refused with', () => {
  for (const [what, [entries, reason]] of Object.entries(REFUSED))
    it(what, () => assertRefused(zipOf(entries), reason));

  const good = torchZip(PICKLE.data);
  const end = good.length - 22;
  const change = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    u32(value).copy(bytes, at);
    return bytes;
  };
  // The second record of the directory is the storage's; its sizes stand at 20 and 24, its offset at 42.
  const storage = good.lastIndexOf(u32(0x02014b50));
  it('a directory beyond its end', () => assertRefused(change(end + 16, 2 ** 31), /points beyond its end/));
  it('a directory elsewhere', () => assertRefused(change(end + 16, 1), /damaged .*central directory file header/));
  it('an entry beyond its end', () => assertRefused(change(storage + 42, 2 ** 31), /points beyond its end/));
  it('an entry elsewhere', () => assertRefused(change(storage + 42, 3), /damaged .*local file header/));
  it('sizes that differ', () => assertRefused(change(storage + 20, 7), /damaged .*size mismatch/));
  it('a size beyond its end', () => {
    const bytes = change(storage + 20, 1e6);
    u32(1e6).copy(bytes, storage + 24);
    return assertRefused(bytes, /damaged .*overflows file bounds/);
  });
  it('any part of it cut off', async () => {
    for (let length = 0; length < good.length; length++) await assertRefused(good.subarray(0, length), /is refused/);
  });
});

/** Writes the offsets and sizes of all entries, and of the directory itself, in 64 bits, as beyond 4 GiB. */
function inZip64(name: string, data: Buffer, at: { end: bigint; offset: bigint }): Buffer {
  const plain = zipOf([PICKLE, { name, data }]);
  const begin = plain.indexOf(u32(0x02014b50));
  const record = plain.lastIndexOf(u32(0x02014b50));
  const end = plain.length - 22;
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  [BigInt(data.length), BigInt(data.length), at.offset].forEach((size, i) => extra.writeBigUInt64LE(size, 4 + 8 * i));
  const last = Buffer.from(plain.subarray(record, end));
  last.fill(0xff, 20, 28).fill(0xff, 42, 46).writeUInt16LE(extra.length, 30);
  const directory = Buffer.concat([plain.subarray(begin, record), last, extra]);
  const wide = Buffer.alloc(56 + 20);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(2n, 24);
  wide.writeBigUInt64LE(2n, 32);
  wide.writeBigUInt64LE(BigInt(directory.length), 40);
  wide.writeBigUInt64LE(BigInt(begin), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(at.end || BigInt(begin + directory.length), 64);
  const narrow = Buffer.from(plain.subarray(end));
  narrow.fill(0xff, 8, 20);
  return Buffer.concat([plain.subarray(0, begin), directory, wide, narrow]);
}

describe('a zip64 archive', () => {
  const plain = zipOf([PICKLE, DATA]);
  const offset = BigInt(plain.lastIndexOf(u32(0x04034b50)));
  it('is read', async () => {
    const bytes = inZip64(DATA.name, Buffer.from(DATA.data), { end: 0n, offset });
    assert.equal((await readBytes(bytes)).tensors.get('w')?.begin, bytes.indexOf('12345678'));
  });
  for (const far of [2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])
    it(`with an offset of ${far} is refused`, async () => {
      const data = Buffer.from(DATA.data);
      await assertRefused(inZip64(DATA.name, data, { end: 0n, offset: far }), /points beyond its end/);
      await assertRefused(inZip64(DATA.name, data, { end: far, offset }), /points beyond its end/);
    });
});

it('a file that torch wrote is refused wherever it is cut off', async () => {
  for (const name of ['module.zip.bin', 'module.legacy.bin']) {
    const bytes = await readFile(join(TORCH_FILES, name));
    for (let length = 0; length < bytes.length; length += 7)
      await assertRefused(bytes.subarray(0, length), /is refused/);
    await assertRefused(bytes.subarray(0, -1), /is refused/);
  }
});
