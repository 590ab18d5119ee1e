/** "As exported" is the ported checkpoint itself; computed beside the weights it is the same up to rounding. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { FAMILIES } from '../../../src/model/families/families.ts';
import type { LoadedModel } from '../../../src/model/loadedModel.ts';
import { openOverlay, type OpenedOverlay, type PatchOnModel } from '../../../src/model/patched/openOverlay.ts';
import { NO_OVERLAY, type Overlay } from '../../../src/model/weights/overlay.ts';
import type { TiedChoice } from '../../../src/port/plan/planTypes.ts';
import { port } from '../../../src/port/port.ts';
import { largestDifference, openModel } from '../../support/models.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';
import { readVariants, type VariantCase } from '../../support/variants.ts';

const ROWS = [
  { prefix: [3, 17, 42, 9, 60, 1, 33, 21, 8, 50, 11, 5], branches: [] },
  { prefix: [63, 2, 7, 7, 30], branches: [] },
];
/** Of logits that a patch moves by 0.02 … 0.6: sums in another order, and one rounding of the weights to 16 bits. */
const ROUNDING = { F32: 1e-5, BF16: 0.02 };
const VARIANTS = readVariants().filter((variant) => !variant.refused && architectureOf(variant.onto) in FAMILIES);
const { signal } = new AbortController();

function architectureOf(folder: string): string {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { architectures: string[] };
  return config.architectures[0] ?? '';
}

async function logits(model: LoadedModel, overlay: Overlay = NO_OVERLAY): Promise<Float32Array> {
  await using network = model.network(overlay);
  return await network.logits(ROWS);
}

describe('a patch on a model that is not written', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const open = (onto: string, patches: readonly PatchOnModel[], exported: boolean): Promise<OpenedOverlay> =>
    openOverlay(onto, patches, { kernel, exported, sink: () => undefined, signal });

  const patchOf = (variant: VariantCase, scale = 0.5): PatchOnModel => ({
    patch: variant.patch,
    from: variant.needsOldBase ? variant.from : undefined,
    tied: variant.tied,
    scale,
  });

  const variantOf = (name: string): VariantCase =>
    VARIANTS.find((variant) => variant.name === name) ?? assert.fail(name);

  it('is tried with all variants of bases that can be evaluated', () => assert.equal(VARIANTS.length, 53));

  for (const variant of VARIANTS)
    it(`computes what the ported model computes: ${variant.name}`, async () => {
      await using folder = await temporaryFolder();
      const { onto } = variant;
      const out = join(folder.path, 'out');
      await port({ ...patchOf(variant), onto, out, as: 'checkpoint' }, kernel, 'test', () => undefined, signal);
      await using ported = await openModel(out, { memory: 'resident' });
      await using model = await openModel(onto, { memory: 'resident' });
      const expected = await logits(ported);
      const exported = await open(onto, [patchOf(variant)], true);
      assert.equal(exported.branches, 0);
      assert.equal(largestDifference(await logits(model, exported.overlay), expected), 0);
      const beside = await open(onto, [patchOf(variant)], false);
      const tolerance = ROUNDING[model.checkpoint.identity.dtype as 'F32' | 'BF16'];
      assert.ok(largestDifference(await logits(model, beside.overlay), expected) <= tolerance);
      assert.ok(largestDifference(await logits(model), expected) > 0.005);
    });

  it('computes the ported model with weights mapped, too', async () => {
    await using folder = await temporaryFolder();
    const variant = variantOf('qwen3');
    const out = join(folder.path, 'out');
    const request = { ...patchOf(variant), onto: variant.onto, out, as: 'checkpoint' } as const;
    await port(request, kernel, 'test', () => undefined, signal);
    await using ported = await openModel(out, { memory: 'mapped' });
    await using model = await openModel(variant.onto, { memory: 'mapped' });
    const { overlay } = await open(variant.onto, [patchOf(variant)], true);
    assert.equal(largestDifference(await logits(model, overlay), await logits(ported)), 0);
  });

  for (const [first, second] of [
    ['dora-linear', 'layers-to-transform'],
    ['layers-to-transform', 'dora-linear'],
    ['modules-to-save-head', 'dora-embedding'],
    ['trainable-tokens', 'saved-embeddings'],
  ] as const)
    it(`adds up with another on the same tensors: ${first} and ${second}`, async () => {
      await using folder = await temporaryFolder();
      const variants = [variantOf(first), variantOf(second)];
      const { onto } = variantOf(first);
      const [once, twice] = [join(folder.path, 'once'), join(folder.path, 'twice')];
      const run = (variant: VariantCase, base: string, out: string, scale: number): ReturnType<typeof port> =>
        port(
          { ...patchOf(variant, scale), onto: base, out, as: 'checkpoint' },
          kernel,
          'test',
          () => undefined,
          signal,
        );
      await run(variantOf(first), onto, once, 0.5);
      await run(variantOf(second), once, twice, 1);
      await using ported = await openModel(twice, { memory: 'resident' });
      await using model = await openModel(onto, { memory: 'resident' });
      const { overlay } = await open(
        onto,
        variants.map((variant, i) => patchOf(variant, i === 0 ? 0.5 : 1)),
        false,
      );
      assert.ok(largestDifference(await logits(model, overlay), await logits(ported)) <= ROUNDING.F32);
    });

  it('unties the head for all patches or for none', async () => {
    const { onto } = variantOf('tied-head');
    const tied = (name: string, choice: TiedChoice): PatchOnModel => ({ ...patchOf(variantOf(name)), tied: choice });
    const mixed = [tied('tied-head', 'separate'), tied('tied-embedding', 'shared')];
    await assert.rejects(open(onto, mixed, false), /another both at once/);
    const apart = await open(onto, [tied('tied-head', 'separate'), tied('tied-embedding', 'separate')], false);
    assert.ok(apart.overlay.unties);
    await using model = await openModel(onto);
    await using folder = await temporaryFolder();
    const [once, twice] = [join(folder.path, 'once'), join(folder.path, 'twice')];
    const request = { as: 'checkpoint', onto, out: once } as const;
    const done = (): void => undefined;
    await port({ ...tied('tied-head', 'separate'), ...request }, kernel, 'test', done, signal);
    const second = { ...tied('tied-embedding', 'separate'), ...request, onto: once, out: twice, tied: undefined };
    await port(second, kernel, 'test', done, signal);
    await using ported = await openModel(twice);
    assert.ok(largestDifference(await logits(model, apart.overlay), await logits(ported)) <= ROUNDING.F32);
  });

  it('changes nothing that the network has no place for, unseen', async () => {
    await using model = await openModel(variantOf('tied-head').onto);
    const values = new Float32Array(64 * 32);
    const replaced = new Map([
      ['lm_head.weight', { place: 'held', name: 'lm_head.weight', shape: [64, 32], values }],
    ] as const);
    assert.throws(() => model.network({ ...NO_OVERLAY, replaced }), /changes lm_head.weight, which the network has no/);
    await using untied = model.network({ ...NO_OVERLAY, replaced, unties: true });
    assert.equal(Math.max(...(await untied.logits(ROWS))), 0);
  });

  it('is computed on block-scaled FP8, and exported from it by a port only', async () => {
    const onto = join(ROOT, 'test/golden/float8/case/new');
    const patch = { patch: variantOf('layers-to-transform').patch, scale: 1 };
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const request = { ...patch, onto, out, as: 'checkpoint', float8: 'bf16' } as const;
    await port(request, kernel, 'test', () => undefined, signal);
    await using ported = await openModel(out);
    await using model = await openModel(onto);
    const beside = await open(onto, [patch], false);
    assert.deepEqual([beside.branches, beside.replaced], [2, 0]);
    const found = await logits(model, beside.overlay);
    assert.ok(largestDifference(found, await logits(ported)) <= ROUNDING.BF16);
    assert.ok(largestDifference(found, await logits(model)) > ROUNDING.BF16);
    await assert.rejects(open(onto, [patch], true), /stored as F8_E4M3, which is not rounded in memory/);
  });

  it('is refused where its tensors would not fit into memory, unless it is computed beside them', async () => {
    const { onto, patch } = variantOf('layers-to-transform');
    const options = { kernel, sink: () => undefined, signal };
    const patches = [{ patch, scale: 1 }];
    // q_proj and v_proj of one layer, and 0.7 of what is free.
    const needed = 4 * (32 * 32 + 16 * 32);
    const tooLittle = openOverlay(onto, patches, { ...options, exported: true, available: needed });
    await assert.rejects(tooLittle, /The patched tensors would need about 6\.14 kB of memory, and 6\.14 kB are free/);
    await openOverlay(onto, patches, { ...options, exported: true, available: 1.5 * needed });
    await openOverlay(onto, patches, { ...options, exported: false, available: 0 });
    const dora = patchOf(variantOf('dora-linear'));
    await assert.rejects(openOverlay(onto, [dora], { ...options, exported: false, available: 0 }), /would need about/);
  });

  it('leaves the model as it is on the disk', async () => {
    await using folder = await temporaryFolder();
    const copy = join(folder.path, 'copy');
    const variant = variantOf('dora-linear');
    await cp(variant.onto, copy, { recursive: true });
    await using model = await openModel(copy);
    const plain = await logits(model);
    await logits(model, (await open(copy, [patchOf(variant)], false)).overlay);
    assert.deepEqual(await logits(model), plain);
    await model.assertUnchanged();
  });
});
