/** A header that is large costs the process that lists it neither its events nor much memory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseHeader, parseHeaderInSlices } from '../../../src/safetensors/header.ts';
import { openPatch } from '../../../src/patch/patch.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

function manyTensors(count: number): Buffer {
  const entries = Array.from({ length: count }, (_, i) => `"t.${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`);
  return Buffer.from(`{${entries.join(',')}}`);
}

describe('large headers', () => {
  it('are read in slices, to the same result', async () => {
    const json = manyTensors(60_000);
    let [longest, last, turns] = [0, performance.now(), 0];
    const timer = setInterval(() => {
      const now = performance.now();
      [longest, last, turns] = [Math.max(longest, now - last), now, turns + 1];
    }, 1);
    const sliced = await parseHeaderInSlices(json, 8 + json.length, 'x');
    clearInterval(timer);
    assert.deepEqual([...sliced.tensors.keys()], [...parseHeader(json, 8 + json.length, 'x').tensors.keys()]);
    assert.ok(turns > 5, `other events were served ${turns} times`);
  });

  it('are refused beyond the limit of the process', async () => {
    await using folder = await temporaryFolder();
    const header = manyTensors(30_000);
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    const path = join(folder.path, 'x.safetensors');
    await writeFile(path, Buffer.concat([start, header]));
    const source = (name: string): string => JSON.stringify(pathToFileURL(join(ROOT, 'src/safetensors', name)).href);
    const program = `
      const { limitHeaders } = await import(${source('headerLimit.ts')});
      const { TensorFile } = await import(${source('file.ts')});
      const open = () => TensorFile.open(${JSON.stringify(path)}).then((file) => file.header.tensors.size, (error) => error.message);
      console.log(await open());
      limitHeaders(1_000_000);
      console.log(await open());
      limitHeaders(1e12);
      console.log(await open());`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    assert.equal(lines[0], '30000');
    assert.match(
      lines[1] ?? '',
      /x\.safetensors is not a valid safetensors file: its header would be longer than 1\.00 MB/,
    );
    assert.equal(lines[2], '30000', 'the format has a limit of its own');
  });

  it('of kohya’s files lead to no weight: an alpha of any size is not read', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'kohya.safetensors');
    await writeSafetensors(path, {
      'lora_unet_a.lora_down.weight': [4, 8],
      'lora_unet_a.lora_up.weight': [8, 4],
      'lora_unet_a.alpha': [400_000_000],
    });
    const before = process.memoryUsage.rss();
    const { file, refusals } = await openPatch(path);
    await file.close();
    assert.deepEqual(
      refusals.map(({ reason }) => reason),
      ['it has the shape [400000000]'],
    );
    assert.ok(process.memoryUsage.rss() - before < 200e6);
  });
});
