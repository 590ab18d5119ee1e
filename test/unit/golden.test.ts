/** Against PEFT's own merge: test/golden/make.py says how the cases were made, versions.json by what. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../src/checkpoint/checkpoint.ts';
import { OrtKernel } from '../../src/kernels/runtime/ortKernel.ts';
import { port } from '../../src/port/port.ts';
import { addUlpDifferences } from '../support/ulp.ts';
import { verify } from '../../src/port/verify/verify.ts';
import { isFloatDtype } from '../../src/safetensors/dtypes.ts';
import { TensorFile } from '../../src/safetensors/file.ts';
import { GOLDEN, temporaryFolder } from '../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const CASES = readdirSync(GOLDEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe("a checkpoint port equals PEFT's merge", () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  it('has all the cases', () => assert.equal(CASES.length, 7));

  for (const { name } of CASES)
    it(name, async () => {
      await using folder = await temporaryFolder();
      const request = {
        patch: join(GOLDEN, name, 'patch'),
        onto: join(GOLDEN, name, 'new'),
        out: join(folder.path, 'out'),
        as: 'checkpoint',
        scale: 1,
      } as const;
      const result = await port(request, kernel, 'test', IGNORE, NEVER);
      const totals = await compare(join(GOLDEN, name), result.folder);
      assert.ok(totals.elements > 8000, 'something was compared');
      assert.ok(totals.worst <= 1, `off by ${totals.worst} units in the last place`);
      assert.ok(
        totals.different <= totals.elements / 100_000,
        `${totals.different} of ${totals.elements} elements differ`,
      );
      const verified = await verify(result.folder, kernel, IGNORE, NEVER);
      assert.deepEqual(verified.problems, []);
      assert.equal(verified.recomputed?.different, 0);
    });
});

/** Every tensor: the touched ones with PEFT's merge, the others with the base, byte for byte. */
async function compare(golden: string, out: string): Promise<{ elements: number; different: number; worst: number }> {
  await using merged = await TensorFile.open(join(golden, 'merged.safetensors'));
  await using base = await Checkpoint.open(join(golden, 'new'));
  await using ported = await Checkpoint.open(out);
  const totals = { elements: 0, different: 0, worst: 0 };
  assert.deepEqual([...ported.tensors.keys()], [...base.tensors.keys()]);
  for (const name of merged.header.tensors.keys()) assert.ok(ported.tensors.has(name), name);
  for (const [name, { entry, shard }] of ported.tensors) {
    const actual = await shard.file.readTensor(name);
    const touched = merged.header.tensors.has(name);
    const expected = await (touched ? merged : base.tensors.get(name)!.shard.file).readTensor(name);
    if (!touched) assert.deepEqual(actual, expected, name);
    assert.ok(isFloatDtype(entry.dtype));
    addUlpDifferences(actual, expected, entry.dtype, totals);
    if (touched) totals.elements += actual.length / (entry.dtype === 'F32' ? 4 : 2);
  }
  return totals;
}
