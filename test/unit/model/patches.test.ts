/** Adapters on running networks against PEFT's own forward pass, from test/golden/model/make_models.py. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import type { LoadedModel } from '../../../src/model/loadedModel.ts';
import {
  openOverlay,
  planOverlay,
  type OpenedOverlay,
  type PatchOnModel,
} from '../../../src/model/patched/openOverlay.ts';
import {
  caseFolder,
  changedCase,
  largestDifference,
  MODEL_CASES,
  openModel,
  PATCHES,
  readExpected,
} from '../../support/models.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { halfDora } from '../../support/halfDora.ts';

const TOLERANCE = 1e-4;
const { signal } = new AbortController();
const FOLDER = join(MODEL_CASES, 'patches');

describe('a patch on a running network', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const open = (onto: string, patches: readonly PatchOnModel[], exported = false): Promise<OpenedOverlay> =>
    openOverlay(onto, patches, { kernel, exported, sink: () => undefined, signal });

  /** λ of each adapter, and the patches of a golden case with it. */
  const asked = (name: string, scales: readonly number[]): PatchOnModel[] => {
    const { case: base, adapters } = PATCHES[name] ?? assert.fail(name);
    return adapters.map((adapter, i) => ({
      patch: join(FOLDER, adapter),
      from: caseFolder(base),
      scale: scales[i] ?? 1,
    }));
  };

  const logits = async (model: LoadedModel, { overlay }: OpenedOverlay): Promise<Float32Array> => {
    const { rows } = await readExpected(join(model.checkpoint.folder, 'expected.safetensors'));
    await using network = model.network(overlay);
    return await network.logits(rows);
  };

  for (const [name, { case: base, expected }] of Object.entries(PATCHES))
    for (const key of expected.filter((one) => !isPeftsOwn(name, one)))
      it(`computes PEFT's ${key}: ${name}`, async () => {
        const half = key === 'logits_half' || key === 'logits_difference' ? 0.5 : 1;
        const scales = key === 'logits_mixed' ? [1, 0.5] : [half, half];
        await using model = await openModel(caseFolder(base));
        const opened = await open(caseFolder(base), asked(name, scales), key === 'logits_exported');
        const { logits: golden } = await readExpected(join(FOLDER, name, 'expected.safetensors'), key);
        assert.ok(largestDifference(await logits(model, opened), golden) <= TOLERANCE);
      });

  it('at half its strength is half its difference, also where that is no low rank (DoRA)', async () => {
    const base = caseFolder('qwen2');
    await using folder = await temporaryFolder();
    const half = join(folder.path, 'half');
    await changedCase('qwen2', half, {});
    await halfDora(base, join(FOLDER, 'qwen2-dora'), half);
    await using model = await openModel(base);
    await using merged = await openModel(half);
    const found = await logits(model, await open(base, asked('qwen2-dora', [0.5])));
    const wanted = await logits(merged, await open(base, []));
    assert.ok(largestDifference(found, wanted) <= TOLERANCE);
    const { logits: whole } = await readExpected(join(FOLDER, 'qwen2-dora', 'expected.safetensors'));
    assert.ok(largestDifference(found, whole) > 0.05);
  });

  for (const name of ['llama-bf16-two', 'llama2-f32-embedding', 'gemma2-lora', 'phi3-lora'])
    it(`takes other scales as if it were opened anew: ${name}`, async () => {
      const { case: base } = PATCHES[name] ?? assert.fail(name);
      await using model = await openModel(caseFolder(base));
      const { rows } = await readExpected(join(caseFolder(base), 'expected.safetensors'));
      const first = await open(caseFolder(base), asked(name, [1, 1]));
      const second = await open(caseFolder(base), asked(name, [0.25, -2]));
      await using network = model.network(first.overlay);
      await network.logits(rows);
      network.setScales(second.overlay.scales);
      assert.deepEqual(await network.logits(rows), await logits(model, second));
      network.setScales(first.overlay.scales.map(() => 0));
      const { logits: plain } = await readExpected(join(caseFolder(base), 'expected.safetensors'));
      assert.ok(largestDifference(await network.logits(rows), plain) <= TOLERANCE);
    });

  it('takes no other scale where tensors hold one already, and none too many', async () => {
    const base = caseFolder('llama2-f32');
    await using model = await openModel(base);
    const saved = await open(base, asked('llama2-f32-saved', [1]));
    assert.ok(saved.replaced === 2 && saved.branches === 8);
    assert.throws(() => model.network(saved.overlay).setScales([0.5]), /cannot be set/);
    const pure = await open(base, asked('llama2-f32-embedding', [1]));
    assert.throws(() => model.network(pure.overlay).setScales([1, 1]), /cannot be set/);
  });

  it('is only one where it is to be as exported', async () => {
    const base = caseFolder('llama-bf16');
    await assert.rejects(open(base, asked('llama-bf16-two', [1, 1]), true), /no exported form/);
  });

  it('is planned as a port is: what cannot be ported is refused, and warnings are handed on', async () => {
    const saved = asked('llama2-f32-saved', [1]).map(({ patch, scale }) => ({ patch, scale }));
    await assert.rejects(open(caseFolder('llama2-f32'), saved), /name that base \(--from OLD\)/);
    const lora = asked('llama-bf16-lora', [1]);
    await assert.rejects(open(caseFolder('phi3'), lora), /cannot be ported/);
    const stranger = lora.map((patch) => ({ ...patch, from: caseFolder('phi3') }));
    const { warnings } = await planOverlay(caseFolder('llama-bf16'), stranger, false);
    assert.ok(warnings.includes('The old base is a Phi3ForCausalLM, the new one a LlamaForCausalLM.'));
  });
});

/** What PEFT keeps whole while it scales the rest: λ multiplies the whole of Δ here. */
function isPeftsOwn(name: string, key: string): boolean {
  return key === 'logits_half' && ['qwen2-dora', 'llama2-f32-saved'].includes(name);
}
