/**
 * Every kind of patch that PEFT writes, against PEFT itself: test/golden/variants/make_variants.py says how the cases were
 * made. Onto the old base a port must give PEFT's own merge; onto the new one the difference added to it.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../src/checkpoint/checkpoint.ts';
import { OrtKernel } from '../../src/kernels/runtime/ortKernel.ts';
import type { PortRequest } from '../../src/port/plan/planTypes.ts';
import { planPort, port } from '../../src/port/port.ts';
import { verify } from '../../src/port/verify/verify.ts';
import { isFloatDtype } from '../../src/safetensors/dtypes.ts';
import { TensorFile } from '../../src/safetensors/file.ts';
import { differences } from '../support/differences.ts';
import { temporaryFolder } from '../support/paths.ts';
import { readVariants, VARIANT_CASES, type VariantCase } from '../support/variants.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const CASES = readVariants();

describe('variants of patches', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  it('has all the cases', () => assert.equal(CASES.length, VARIANT_CASES));

  for (const variant of CASES.filter(({ refused }) => refused))
    it(`refuses ${variant.name} with the reason`, async () => {
      const request = { ...requestFor(variant), onto: variant.onto, out: '/nowhere/out' };
      const reason = await planPort(request).then(
        ({ refusals }) => refusals.map((refusal) => refusal.reason).join('\n'),
        (error: unknown) => (error as Error).message,
      );
      assert.match(reason, variant.reason ?? /./);
    });

  for (const variant of CASES.filter(({ refused }) => !refused))
    for (const side of ['old', 'new'] as const)
      it(`ports ${variant.name} onto the ${side} base`, async () => {
        await using folder = await temporaryFolder();
        const onto = side === 'old' ? variant.from : variant.onto;
        const request = { ...requestFor(variant), onto, out: join(folder.path, 'out') };
        const { folder: out, provenance } = await port(request, kernel, 'test', IGNORE, NEVER);
        assert.equal(provenance.needsOldBase, variant.needsOldBase);
        const expected = join(variant.folder, side === 'old' ? variant.mergedOld : variant.expectedNew);
        await compare(onto, out, expected, variant.tolerance);
        assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, []);
      });
});

/**
 * A ported adapter is a patch again: put onto its own base it must give the ported checkpoint. check_outputs.py asks PEFT
 * the same question.
 */
describe('adapter outputs', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  for (const variant of CASES.filter(({ refused, adapter }) => !refused && adapter))
    it(`of ${variant.name} say what the checkpoint says`, async () => {
      await using folder = await temporaryFolder();
      const [checkpoint, adapter, again] = ['c', 'a', 'again'].map((name) => join(folder.path, name)) as [
        string,
        string,
        string,
      ];
      const request = { ...requestFor(variant), onto: variant.onto, scale: 0.5 };
      const run = (asked: PortRequest): ReturnType<typeof port> => port(asked, kernel, 'test', IGNORE, NEVER);
      await run({ ...request, out: checkpoint });
      await run({ ...request, out: adapter, as: 'adapter' });
      assert.deepEqual((await verify(adapter, kernel, IGNORE, NEVER)).problems, []);
      const from = variant.needsOldBase ? variant.onto : undefined;
      await run({ ...request, patch: adapter, from, scale: 1, out: again });
      await compare(variant.onto, again, checkpoint, 2 ** -20);
    });

  for (const variant of CASES.filter(({ refused, adapter }) => !refused && !adapter))
    it(`of ${variant.name} are refused with a way out`, async () => {
      const request = { ...requestFor(variant), onto: variant.onto, out: '/nowhere/out', as: 'adapter' } as const;
      const { refusals } = await planPort(request);
      assert.match(
        refusals[0]?.reason ?? '',
        /rescales the base .*Port to a checkpoint, and extract an adapter from that/,
      );
    });
});

function requestFor({ patch, from, needsOldBase, tied }: VariantCase): Omit<PortRequest, 'onto' | 'out'> {
  return { patch, from: needsOldBase ? from : undefined, as: 'checkpoint', scale: 1, tied };
}

/** A head that is not written is tied to the embedding: it must be meant to be equal to it. */
async function assertTied(expected: TensorFile | undefined, name: string): Promise<void> {
  assert.equal(name, 'lm_head.weight');
  assert.deepEqual(await expected?.readTensor(name), await expected?.readTensor('model.embed_tokens.weight'));
}

/**
 * Every tensor of the output: those that PEFT changed with its values, the others with the base's, byte for byte.
 *
 * @param golden a file of the tensors that change, or a whole checkpoint
 */
async function compare(base: string, out: string, golden: string, tolerance: number): Promise<void> {
  await using source = await Checkpoint.open(base);
  await using ported = await Checkpoint.open(out);
  const file = golden.endsWith('.safetensors') ? golden : join(golden, 'model.safetensors');
  await using expected = existsSync(file) ? await TensorFile.open(file) : undefined;
  const changed = expected?.header.tensors ?? new Map<string, never>();
  for (const name of changed.keys()) if (!ported.tensors.has(name)) await assertTied(expected, name);
  for (const [name, { entry, shard }] of ported.tensors) {
    const actual = await shard.file.readTensor(name);
    const touched = expected !== undefined && changed.has(name);
    const wanted = await (touched ? expected : (source.tensors.get(name)?.shard.file ?? assert.fail(name))).readTensor(
      name,
    );
    if (touched && isFloatDtype(entry.dtype)) {
      const { worst, wrong } = differences(actual, wanted, entry.dtype, tolerance);
      assert.equal(wrong, 0, `${name}: ${wrong} elements are off, the worst by ${worst} of the largest`);
    } else assert.deepEqual(actual, wanted, name);
  }
}
