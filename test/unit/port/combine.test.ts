/** Several patches at once, against PEFT's add_weighted_adapter (test/golden/combine/make_combine.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { xoshiro128 } from '../../../src/kernels/linalg/gaussian.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { mergeTensors, type Combination } from '../../../src/patch/combine/arithmetic.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { differences } from '../../support/differences.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const CASE = join(ROOT, 'test/golden/combine/case');
const ONTO = join(ROOT, 'test/golden/variants/cases/bases/llama-new');
const EXPECTED = JSON.parse(readFileSync(join(CASE, 'expected.json'), 'utf8')) as Record<
  string,
  { patches: [string, string]; weights: [number, number]; density: number; combination: Combination }
>;

describe('a sum of patches', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (request: Omit<PortRequest, 'onto' | 'scale'>): Promise<PortResult> =>
    port({ onto: ONTO, scale: 1, ...request }, kernel, 'test', () => undefined, NEVER);

  for (const [name, { patches, weights, density, combination }] of Object.entries(EXPECTED))
    it(`by ${name} is PEFT's, as checkpoint and as adapter`, async () => {
      await using folder = await temporaryFolder();
      const request = {
        patch: join(CASE, patches[0]),
        weight: weights[0],
        plus: [{ patch: join(CASE, patches[1]), weight: weights[1] }],
        combine: { combination, density, seed: 0 },
      };
      const { folder: out, provenance } = await run({ ...request, out: join(folder.path, 'c'), as: 'checkpoint' });
      await compare(out, join(CASE, `${name}.safetensors`));
      assert.deepEqual((await verify(out, kernel, () => undefined, NEVER)).problems, []);
      assert.deepEqual(
        provenance.combined.map(({ name: patch, weight }) => [patch, weight]),
        patches.map((patch, i) => [patch, weights[i]]),
      );
      const { folder: adapter } = await run({ ...request, out: join(folder.path, 'a'), as: 'adapter' });
      const { folder: again } = await run({ patch: adapter, out: join(folder.path, 'again'), as: 'checkpoint' });
      await compare(again, join(CASE, `${name}.safetensors`));
    });

  it('of different ranks is refused by the methods that need equal ones', async () => {
    const plus = [{ patch: join(CASE, 'c'), weight: 1 }];
    const request = { patch: join(CASE, 'a'), plus, onto: ONTO, out: '', as: 'adapter', scale: 1 } as const;
    const combine = { combination: 'ties', density: 0.5, seed: 0 } as const;
    await assert.rejects(planPort({ ...request, combine }), /has the ranks 4 and 2, and ties needs equal ones/);
    assert.deepEqual((await planPort(request)).refusals, []);
  });

  it('takes plain LoRA only', async () => {
    const plus = [{ patch: join(ROOT, 'test/golden/variants/cases/lora-bias/patch'), weight: 1 }];
    const request = { patch: join(CASE, 'a'), plus, onto: ONTO, out: '', as: 'adapter', scale: 1 } as const;
    await assert.rejects(planPort(request), /more than plain LoRA factors \(LoRA bias\)/);
  });
});

describe('DARE', () => {
  const values = Float32Array.from({ length: 20_000 }, (_, i) => ((i * 37) % 101) - 50);
  const draw = (seed: number, combination: Combination, density = 0.3): Float32Array =>
    mergeTensors([values], [1], { combination, density, seed }, xoshiro128(seed));

  it('keeps its share of the values, rescaled, so that the sum stays', () => {
    const kept = draw(1, 'dare_linear');
    const share =
      kept.filter((value, i) => value !== 0 && values[i] !== 0).length / values.filter((value) => value !== 0).length;
    assert.ok(Math.abs(share - 0.3) < 0.01, `${share} were kept`);
    kept.forEach((value, i) => assert.ok(value === 0 || Math.abs(value - (values[i] ?? 0) / 0.3) < 1e-4));
  });

  it('is the same for one seed and another for the next', () => {
    assert.deepEqual(draw(7, 'dare_ties'), draw(7, 'dare_ties'));
    assert.notDeepEqual(draw(7, 'dare_ties'), draw(8, 'dare_ties'));
  });

  it('prunes nothing at density 1', () => assert.deepEqual(draw(1, 'dare_linear', 1), values));
});

async function compare(out: string, golden: string): Promise<void> {
  await using ported = await Checkpoint.open(out);
  await using base = await Checkpoint.open(ONTO);
  await using expected = await TensorFile.open(golden);
  assert.ok(expected.header.tensors.size > 0);
  for (const [name, { entry, shard }] of ported.tensors) {
    const file = expected.header.tensors.has(name) ? expected : base.tensors.get(name)!.shard.file;
    const { wrong, worst } = differences(
      await shard.file.readTensor(name),
      await file.readTensor(name),
      entry.dtype,
      2 ** -22,
    );
    assert.equal(wrong, 0, `${name}: ${wrong} elements are off, the worst by ${worst} of the largest`);
  }
}
