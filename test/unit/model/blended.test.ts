/** Networks between two bases: at the ends they are the bases', and in the middle what a checkpoint of the blend is. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../src/base/errors.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { BlendedBases } from '../../../src/model/blended/blendedBases.ts';
import { blend } from '../../../src/model/blended/blendWeights.ts';
import { openOverlay, type PatchOnModel } from '../../../src/model/patched/openOverlay.ts';
import { NO_OVERLAY, type Overlay } from '../../../src/model/weights/overlay.ts';
import type { HeldWeight } from '../../../src/model/weights/weight.ts';
import { writeTensors } from '../../support/fixtures.ts';
import { CPU, largestDifference, openModel, OTHER_DEVICE, tensorsOf, WORKLOAD } from '../../support/models.ts';
import { SAMPLES, temporaryFolder } from '../../support/paths.ts';
import { readVariants, type VariantCase } from '../../support/variants.ts';

const ROWS = [
  { prefix: [3, 17, 42, 9, 60, 1, 33, 21, 8, 50, 11, 5], branches: [] },
  { prefix: [63, 2, 7, 7, 30], branches: [] },
];
const V1 = join(SAMPLES, 'models/storyteller-v1');
const V2 = join(SAMPLES, 'models/storyteller-v2');
const { signal } = new AbortController();
const options = { sink: () => undefined, signal };
/** Patches beside the weights, in their place, on both; families with fused, normed and capped layers. */
const NAMES =
  /^(layers-to-transform|dora-(linear|linear-bf16|embedding)|modules-to-save-(head|embeddings|tied)|saved-embeddings|tied-.*|trainable-tokens(-tied)?|lora-bias|ia3|oft|gemma2|mistral|phi3|qwen[23])$/;
const VARIANTS = readVariants().filter(({ name }) => NAMES.test(name));

/** A checkpoint of W_old + t·(W_new − W_old), in float32. */
async function writeBlend({ from, onto }: VariantCase, t: number, folder: string): Promise<void> {
  await cp(from, folder, { recursive: true });
  const now = new Map((await tensorsOf(onto)).map(({ name, values }) => [name, values]));
  const tensors = (await tensorsOf(from)).map((tensor) => ({
    ...tensor,
    values: tensor.values.map((old, i) => (1 - t) * old + t * (now.get(tensor.name)?.[i] ?? NaN)),
  }));
  await writeTensors(join(folder, 'model.safetensors'), tensors);
}

describe('a network between two bases', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const overlayOn = async (
    onto: string,
    patch: PatchOnModel,
    base?: ReadonlyMap<string, HeldWeight>,
  ): Promise<Overlay> =>
    (await openOverlay(onto, [patch], { kernel, exported: false, ...options, ...(base && { base }) })).overlay;

  async function alone(folder: string, patch: PatchOnModel): Promise<Float32Array> {
    await using model = await openModel(folder, { memory: 'resident' });
    await using network = model.network(await overlayOn(folder, patch));
    return await network.logits(ROWS);
  }

  it('is tried with patches of all kinds', () => assert.equal(VARIANTS.length, 23));

  for (const variant of VARIANTS)
    it(`takes a patch as each base does: ${variant.name}`, async () => {
      await using folder = await temporaryFolder();
      const { from, onto, patch: path, tied } = variant;
      const patch = { patch: path, from, tied, scale: 0.5 };
      await using bases = await BlendedBases.open(from, onto, CPU);
      const at = async (t: number): Promise<Float32Array> => {
        const network = await bases.network(t, (weights) => overlayOn(onto, patch, weights), options);
        return await network.logits(ROWS);
      };
      const middle = join(folder.path, 'middle');
      await writeBlend(variant, 0.75, middle);
      const expected = [await alone(from, patch), await alone(middle, patch), await alone(onto, patch)];
      const found = [await at(0), await at(0.75), await at(1)];
      found.forEach((logits, i) => {
        assert.ok(largestDifference(logits, expected[i] ?? new Float32Array()) <= 2e-6, `point ${i}`);
      });
      assert.ok(largestDifference(found[0] ?? new Float32Array(), expected[2] ?? new Float32Array()) > 0.001);
    });

  it('is the same on a device that takes all weights when it is loaded', async () => {
    const at = async (runtime: typeof CPU): Promise<Float32Array> => {
      await using bases = await BlendedBases.open(V1, V2, runtime);
      const network = await bases.network(0.5, () => Promise.resolve(NO_OVERLAY), options);
      // Padded places are anything.
      return await network.logits(ROWS.slice(0, 1));
    };
    const difference = largestDifference(await at(OTHER_DEVICE), await at(CPU));
    assert.ok(difference <= 2e-5, String(difference));
  });

  it('is exact at both ends, however unequal the weights are', () => {
    const [before, after] = [Float32Array.of(1, 3e38, -0.1, 2 ** 60), Float32Array.of(0.1, -3e38, 1e-30, 2 ** -60)];
    const at = (t: number): number[] => {
      const into = new Float32Array(before.length);
      blend(before, after, t, into);
      return [...into];
    };
    assert.deepEqual([at(0), at(1)], [[...before], [...after]]);
    assert.deepEqual(at(0.5)[1], 0);
  });

  const changed = async (folder: string, change: object): Promise<string> => {
    await cp(V1, folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as object;
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }));
    return folder;
  };
  const REFUSED: Readonly<Record<string, readonly [change: object, says: RegExp]>> = {
    'another class': [{ architectures: ['MistralForCausalLM'] }, /differ in class \(MistralForCausalLM, then Llama/],
    'a vocabulary that grew': [{ vocab_size: 2000 }, /differ in vocabulary \(2000, then 2048\)/],
    'other heads': [{ num_attention_heads: 8, head_dim: 16 }, /differ in heads.*\(8,2,16, then 4,2,32\)/],
    'other angles': [{ rope_parameters: { rope_theta: 5000, rope_type: 'default' } }, /computed with otherwise/],
    'another epsilon': [{ rms_norm_eps: 1e-6 }, /computed with otherwise/],
  };
  for (const [what, [change, says]] of Object.entries(REFUSED))
    it(`refuses ${what}`, async () => {
      await using folder = await temporaryFolder();
      const old = await changed(join(folder.path, 'old'), change);
      await assert.rejects(
        BlendedBases.open(old, V2, CPU),
        (error) => error instanceof InputError && says.test(error.message) && error.message.includes(V2),
      );
    });

  it('takes bases of other lengths, and refuses tokens that were moved', async () => {
    await using folder = await temporaryFolder();
    const longer = await changed(join(folder.path, 'longer'), { max_position_embeddings: 512 });
    await using bases = await BlendedBases.open(longer, V2, CPU);
    assert.equal(bases.maxLength, 256);
    const moved = await changed(join(folder.path, 'moved'), {});
    const path = join(moved, 'tokenizer.json');
    const text = await readFile(path, 'utf8');
    const json = JSON.parse(text) as { model: { vocab: Record<string, number> } };
    const [one = '', other = ''] = Object.keys(json.model.vocab).slice(100, 102);
    const { [one]: a = 0, [other]: b = 0 } = json.model.vocab;
    Object.assign(json.model.vocab, { [one]: b, [other]: a });
    await writeFile(path, JSON.stringify(json));
    await assert.rejects(BlendedBases.open(moved, V2, CPU), /their tokens have other numbers/);
    await writeFile(path, text.replace(`${JSON.stringify(one)}:`, '"<renamed>":'));
    await using renamed = await BlendedBases.open(moved, V2, CPU);
    assert.match(renamed.warnings.join(), /1 tokens differ/);
  });

  it('says what it would need where that does not fit', async () => {
    await using bases = await BlendedBases.open(V1, V2, CPU);
    assert.throws(
      () => bases.assertFits(WORKLOAD, 1e8),
      /bases between .* would need about 1\d\d MB .* 100 MB are free/,
    );
    assert.doesNotThrow(() => bases.assertFits(WORKLOAD, 1e9));
  });

  it('ends at once when it is cancelled', async () => {
    await using bases = await BlendedBases.open(V1, V2, CPU);
    const aborted = { ...options, signal: AbortSignal.abort() };
    const blending = bases.network(0.5, () => assert.fail('it went on'), aborted);
    await assert.rejects(blending, CancelledError);
  });
});
