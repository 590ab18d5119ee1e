/** Block-scaled FP8 bases, against torch (test/golden/float8/make_float8.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { narrowFloat8, widenFloat8 } from '../../../src/kernels/float8.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { readFloats } from '../../../src/patch/tensorReader.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { writeTensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const CASE = join(ROOT, 'test/golden/float8/case');
const PATCH = join(ROOT, 'test/golden/variants/cases/layers-to-transform/patch');
const ONTO = join(CASE, 'new');
const { codes, values, rounded } = JSON.parse(readFileSync(join(CASE, 'codes.json'), 'utf8')) as {
  codes: (number | null)[];
  values: number[];
  rounded: number[];
};

describe('F8_E4M3', () => {
  it('reads all codes as torch does', () => {
    const wide = new Float32Array(256);
    widenFloat8(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      wide,
    );
    assert.deepEqual(
      Array.from(wide, (value) => (Number.isNaN(value) ? null : value)),
      codes,
    );
  });

  it('rounds as torch does', () => {
    const bytes = new Uint8Array(values.length);
    narrowFloat8(Float32Array.from(values), bytes);
    assert.deepEqual([...bytes], rounded);
  });

  it('gives every finite code back', () => {
    const finite = Uint8Array.from({ length: 256 }, (_, i) => i).filter((code) => (code & 0x7f) !== 0x7f);
    const wide = new Float32Array(finite.length);
    widenFloat8(finite, wide);
    const again = new Uint8Array(finite.length);
    narrowFloat8(wide, again);
    assert.deepEqual(again, finite);
  });
});

describe('a base in FP8', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (request: Partial<PortRequest> & { out: string }): Promise<PortResult> =>
    port({ patch: PATCH, onto: ONTO, as: 'checkpoint', scale: 1, ...request }, kernel, 'test', () => undefined, NEVER);

  it('is quantised anew where it is patched, and nowhere else', async () => {
    await using folder = await temporaryFolder();
    const { folder: out, provenance } = await run({ out: join(folder.path, 'out') });
    await using base = await Checkpoint.open(ONTO);
    await using ported = await Checkpoint.open(out);
    await using expected = await TensorFile.open(join(CASE, 'requantised.safetensors'));
    assert.ok(expected.header.tensors.size > 0);
    for (const [name, { shard }] of ported.tensors) {
      const file = expected.header.tensors.has(name) ? expected : base.tensors.get(name)!.shard.file;
      const [have, want] = [await shard.file.readTensor(name), await file.readTensor(name)];
      const off = have.filter((byte, i) => byte !== want[i]).length;
      // A near-tie may fall either way, and a scale's last bit with it.
      assert.ok(
        expected.header.tensors.has(name) ? off <= have.length / 500 : off === 0,
        `${name}: ${off} bytes differ`,
      );
    }
    assert.equal(await readFile(join(out, 'config.json'), 'utf8'), await readFile(join(ONTO, 'config.json'), 'utf8'));
    assert.deepEqual((await verify(out, kernel, () => undefined, NEVER)).problems, []);
    assert.ok(provenance.tensors.every(({ measured }) => measured !== null));
  });

  it('is written as BF16 on demand, scales and setting gone', async () => {
    await using folder = await temporaryFolder();
    const { folder: out } = await run({ out: join(folder.path, 'out'), float8: 'bf16' });
    await using ported = await Checkpoint.open(out);
    await using expected = await TensorFile.open(join(CASE, 'bf16.safetensors'));
    assert.equal(ported.config.quantization, undefined);
    assert.ok(![...ported.tensors.keys()].some((name) => name.endsWith('_scale_inv')));
    for (const [name] of expected.header.tensors) {
      const { entry, shard } = ported.tensors.get(name)!;
      assert.equal(entry.dtype, 'BF16');
      const [have, want] = [await readFloats(shard.file, name), await readFloats(expected, name)];
      assert.ok(
        have.every((value, i) => Math.abs(value - (want[i] ?? NaN)) <= 2 ** -8 * Math.abs(value)),
        name,
      );
      assert.ok(have.filter((value, i) => value !== want[i]).length <= have.length / 500, name);
    }
    assert.deepEqual((await verify(out, kernel, () => undefined, NEVER)).problems, []);
  });

  it('stays byte for byte under a patch of zeros', async () => {
    await using folder = await temporaryFolder();
    const { folder: out } = await run({ out: join(folder.path, 'out'), scale: 0 });
    const [have, want] = await Promise.all([out, ONTO].map((place) => readFile(join(place, 'model.safetensors'))));
    assert.ok(have && want?.equals(have));
  });

  it('is refused where its scales do not fit its blocks', async () => {
    await using folder = await temporaryFolder();
    const onto = join(folder.path, 'other-blocks');
    await cp(ONTO, onto, { recursive: true });
    const path = join(onto, 'config.json');
    const text = (await readFile(path, 'utf8')).replace(
      /"weight_block_size": \[\s*16,\s*16\s*\]/,
      '"weight_block_size": [8, 8]',
    );
    await writeFile(path, text);
    const request = { patch: PATCH, onto, out: '', as: 'checkpoint', scale: 1 } as const;
    assert.match((await planPort(request)).refusals[0]?.reason ?? '', /is F8_E4M3, which is not computed with/);
    const { refusals } = await planPort({ ...request, float8: 'bf16' });
    assert.match(refusals.map(({ reason }) => reason).join('\n'), /has no scales that fit it/);
  });

  it('takes adapters, and says so where the scales are missing', async () => {
    await using folder = await temporaryFolder();
    const { provenance } = await run({ out: join(folder.path, 'out'), as: 'adapter' });
    assert.equal(provenance.output, 'adapter');
    const onto = join(folder.path, 'without');
    await cp(ONTO, onto, { recursive: true });
    await writeTensors(join(onto, 'model.safetensors'), [
      { name: 'model.norm.weight', shape: [1], values: Float32Array.of(1) },
    ]);
    const { refusals } = await planPort({ patch: PATCH, onto, out: '', as: 'checkpoint', scale: 1 });
    assert.match(refusals[0]?.reason ?? '', /has no tensor/);
  });
});
