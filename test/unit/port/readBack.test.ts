/** What is on the disk is what was to be written, or the port says so. */
import assert from 'node:assert/strict';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bringToDisk } from '../../../src/port/output/bringToDisk.ts';
import type { OutputShard } from '../../../src/port/output/outputTensor.ts';
import { writeChecked } from '../../../src/port/output/readBack.ts';
import type { WrittenTensor } from '../../../src/port/output/shardWriter.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

describe('bytes that are written', () => {
  it('are read back, and are others where the disk gives others', async () => {
    await using folder = await temporaryFolder();
    await using file = await open(join(folder.path, 'file'), 'wx+');
    await writeChecked(file, Buffer.from('abc'), 2);
    assert.equal((await file.readFile()).toString(), '\0\0abc');
    await assert.rejects(writeChecked(disturbed(file), Buffer.from('abc'), 2), /cannot be read back: it differs/);
  });
});

/** One bit is another when it is read. */
function disturbed(file: FileHandle): FileHandle {
  const read = async (target: Uint8Array, offset: number, length: number, position: number): Promise<unknown> => {
    const result = await file.read(target, offset, length, position);
    target[offset] = (target[offset] ?? 0) ^ 1;
    return result;
  };
  return { write: file.write.bind(file), read } as unknown as FileHandle;
}

describe('a shard on the disk', () => {
  const TENSORS = { a: [2, 2], b: [3] };

  async function onDisk(change: (shard: OutputShard, positions: Map<string, number>) => OutputShard): Promise<number> {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'model.safetensors');
    await writeSafetensors(path, TENSORS);
    await using file = await TensorFile.open(path);
    const positions = new Map([...file.header.tensors.values()].map(({ name, begin }) => [name, begin]));
    const shard = change({ name: 'model.safetensors', headerBytes: file.headerBytes, tensors: [] }, positions);
    const written = [...positions].map(([name, position]) => ({ name, position }) as WrittenTensor);
    return await bringToDisk(path, shard, written);
  }

  it('has the header and the tensors where they were to be', async () => {
    assert.ok((await onDisk((shard) => shard)) > 7 * 4);
  });

  it('is refused with another header', async () => {
    const other = ({ headerBytes, ...shard }: OutputShard): OutputShard => ({
      ...shard,
      headerBytes: Buffer.from(headerBytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte))),
    });
    await assert.rejects(onDisk(other), /the header of model\.safetensors differs/);
  });

  it('is refused with a tensor at another place', async () => {
    const displace = (shard: OutputShard, positions: Map<string, number>): OutputShard => {
      positions.set('b', 0);
      return shard;
    };
    await assert.rejects(onDisk(displace), /b was not written where model\.safetensors says/);
  });
});
