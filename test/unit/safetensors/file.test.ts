import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

const VALUES = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

/** A file whose header is not padded: `tensors` are the header's fields, `pieces` bytes at offsets of the data. */
async function writeRaw(path: string, header: string, bytes: number, pieces: Record<number, Uint8Array>) {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(path, 'w');
  try {
    await file.write(Buffer.concat([length, json]));
    await file.truncate(8 + json.length + bytes);
    for (const [at, piece] of Object.entries(pieces))
      await file.write(piece, 0, piece.length, 8 + json.length + Number(at));
  } finally {
    await file.close();
  }
}

function field(name: string, dtype: string, shape: number[], begin: number, end: number): string {
  return `"${name}":${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
}

describe('a tensor is read', () => {
  it('beyond 4 GiB', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'large.safetensors');
    const end = 2 ** 32 + 24;
    const header = `{${field('pad', 'U8', [end], 0, end)},${field('last', 'F32', [2], end, end + 8)}}`;
    await writeRaw(path, header, end + 8, { [end]: VALUES, [end % 2 ** 32]: new Uint8Array(8).fill(9) });
    await using file = await TensorFile.open(path);
    assert.ok(file.entry('last').begin > 2 ** 32);
    assert.deepEqual(await file.readTensor('last'), VALUES);
    const middle = new Uint8Array(5);
    await file.read(middle, file.entry('last').begin + 2);
    assert.deepEqual(middle, VALUES.subarray(2, 7));
  });

  for (const padding of [0, 1, 2, 3])
    it(`from data that begin ${padding} bytes later, at whatever byte`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'x.safetensors');
      const header = `{${field('a', 'U8', [1], 0, 1)},${field('b', 'F32', [2], 1, 9)}}${' '.repeat(padding)}`;
      await writeRaw(path, header, 9, { 1: VALUES });
      await using file = await TensorFile.open(path);
      assert.equal(file.header.dataStart, 8 + header.length);
      assert.deepEqual(await file.readTensor('b'), VALUES);
    });

  it('when it has no elements, or is a scalar', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'x.safetensors');
    await writeSafetensors(path, { none: [0, 3], one: [] }, 'F32', { one: VALUES.subarray(0, 4) });
    await using file = await TensorFile.open(path);
    assert.deepEqual(await file.readTensor('none'), new Uint8Array(0));
    assert.deepEqual(await file.readTensor('one'), VALUES.slice(0, 4));
  });

  it('only by its own name', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'x.safetensors');
    await writeSafetensors(path, { a: [2] });
    await using file = await TensorFile.open(path);
    await assert.rejects(file.readTensor('constructor'), new InputError(`${path} has no tensor "constructor".`));
  });
});

it('the header bytes and their hash are those of the file', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'x.safetensors');
  await writeSafetensors(path, { a: [2], b: [100] });
  await using file = await TensorFile.open(path);
  const bytes = await readFile(path);
  const expected = bytes.subarray(0, 8 + Number(bytes.readBigUInt64LE()));
  assert.ok(expected.length > 100 && expected.length < bytes.length);
  assert.deepEqual(Buffer.from(file.headerBytes), expected);
  assert.equal(file.headerSha256, createHash('sha256').update(expected).digest('hex'));
});
