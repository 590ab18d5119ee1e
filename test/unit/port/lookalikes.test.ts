/** What looks right and is not: found by a review of whole ports, each once ported wrong in silence. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after as afterAll, before as beforeAll, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { extract } from '../../../src/extract/extract.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { openPatch } from '../../../src/patch/patch.ts';
import { scalingOf } from '../../../src/patch/recipe.ts';
import type { PortPlan, PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { writeProvenance } from '../../../src/port/provenanceFile.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import {
  LLAMA_CONFIG,
  writeAdapter,
  writeCheckpoint,
  writeSafetensors,
  type TensorShapes,
} from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const VARIANTS = join(ROOT, 'test/golden/variants/cases');
const base = (name: string): string => join(VARIANTS, 'bases', name);
const Q = 'model.layers.0.self_attn.q_proj';

/** Plans a patch of these tensors and settings onto a base of these tensors. */
async function plan(
  patchShapes: TensorShapes,
  config: object,
  tensors: TensorShapes,
  request: Partial<PortRequest> = {},
  model: object = {},
): Promise<PortPlan> {
  await using folder = await temporaryFolder();
  const [patch, onto] = [join(folder.path, 'patch'), join(folder.path, 'base')];
  await writeAdapter(patch, {}, { config });
  await writeSafetensors(join(patch, 'adapter_model.safetensors'), patchShapes);
  await writeCheckpoint(onto, [tensors], 'F32', { ...LLAMA_CONFIG, ...model });
  return await planPort({ patch, onto, from: onto, out: '', as: 'checkpoint', scale: 1, ...request });
}

const key = (leaf: string, module = Q): string => `base_model.model.${module}.${leaf}`;
const PAIR = { [key('lora_A.weight')]: [2, 8], [key('lora_B.weight')]: [8, 2] };
const WEIGHT = { [`${Q}.weight`]: [8, 8] };

describe('lookalikes', () => {
  let kernel: OrtKernel;
  beforeAll(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  afterAll(() => kernel.release());

  const run = (request: Omit<PortRequest, 'as' | 'scale'> & Partial<PortRequest>): Promise<PortResult> =>
    port({ as: 'checkpoint', scale: 1, ...request }, kernel, 'test', IGNORE, NEVER);

  for (const form of [{ kind: 'full' }, { kind: 'rank', rank: 32 }] as const)
    it(`a tied model that was extracted stays tied, as ${form.kind}`, async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const [from, patch] = [base('llama-tied-old'), join(VARIANTS, 'tied-embedding/patch')];
      const { folder: tuned } = await run({ patch, onto: from, out: at('tuned'), tied: 'shared' });
      await extract({ tuned, from, out: at('patch'), form }, kernel, 'test', IGNORE, NEVER);
      const { folder: again, provenance } = await run({ patch: at('patch'), onto: from, out: at('again') });
      await using model = await Checkpoint.open(again);
      assert.equal(model.tensors.has('lm_head.weight'), false);
      assert.ok(provenance.tensors.some(({ target }) => target === 'model.embed_tokens.weight'));
    });

  it('nothing is untied where more than a head hangs on the embedding', async () => {
    const embedding = {
      [key('lora_embedding_A', 'model.shared')]: [2, 16],
      [key('lora_embedding_B', 'model.shared')]: [8, 2],
    };
    const tensors = { 'model.shared.weight': [16, 8] };
    const bart = { architectures: ['BartForConditionalGeneration'], model_type: 'bart' };
    assert.equal((await plan(embedding, {}, tensors, {}, bart)).unties, false);
    assert.equal((await plan(embedding, {}, tensors)).unties, true);
    const { refusals } = await plan(embedding, {}, tensors, { tied: 'separate' }, bart);
    assert.match(refusals[0]?.reason ?? '', /cannot be set apart from its embedding/);
  });

  it('factors of head and embedding are one change only where PEFT kept them tied', async () => {
    const both = {
      [key('lora_embedding_A', 'model.embed_tokens')]: [2, 16],
      [key('lora_embedding_B', 'model.embed_tokens')]: [8, 2],
      [key('lora_A.weight', 'lm_head')]: [2, 8],
      [key('lora_B.weight', 'lm_head')]: [16, 2],
    };
    const tensors = { 'model.embed_tokens.weight': [16, 8] };
    const parts = async (config: object): Promise<unknown> => {
      const { items, coverage } = await plan(both, config, tensors, { tied: 'shared' });
      return [items.map((item) => item.parts.length), coverage.matchedPatchTensors];
    };
    assert.deepEqual(await parts({}), [[2], 4]);
    assert.deepEqual(await parts({ ensure_weight_tying: true }), [[1], 4]);
  });

  it('a module that is saved whole stays whole in the adapter, counters and all', async () => {
    await using folder = await temporaryFolder();
    const patch = join(VARIANTS, 'modules-to-save-classifier/patch');
    const { folder: out } = await run({
      patch,
      from: base('resnet-old'),
      onto: base('resnet-new'),
      out: join(folder.path, 'out'),
      as: 'adapter',
    });
    await using before = await TensorFile.open(join(patch, 'adapter_model.safetensors'));
    await using after = await TensorFile.open(join(out, 'adapter_model.safetensors'));
    assert.ok([...before.header.tensors.keys()].some((name) => name.endsWith('num_batches_tracked')));
    assert.deepEqual([...after.header.tensors.keys()].sort(), [...before.header.tensors.keys()].sort());
  });

  it("alpha_pattern of experts is matched against the parameter's name", async () => {
    await using folder = await temporaryFolder();
    const patch = join(folder.path, 'patch');
    await cp(join(VARIANTS, 'target-parameters-both/patch'), patch, { recursive: true });
    const path = join(patch, 'adapter_config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as { lora_alpha: number };
    const scalings = async (alpha_pattern: object): Promise<unknown> => {
      await writeFile(path, JSON.stringify({ ...config, alpha_pattern }));
      const { items } = await planPort({ patch, onto: base('moe-new'), out: '', as: 'checkpoint', scale: 1 });
      const of = (part: string): unknown => items.find(({ target }) => target.includes(part))?.scaling;
      return [of('gate_proj'), of('down_proj')];
    };
    const [gate, down] = (await scalings({})) as [number, number];
    assert.deepEqual(await scalings({ gate_up_proj: 8 * config.lora_alpha }), [8 * gate, down]);
    assert.deepEqual(await scalings({ experts: 8 * config.lora_alpha }), [gate, down]);
  });

  it('a LoKr of whole factors takes its rank from the pattern', async () => {
    await using folder = await temporaryFolder();
    await writeAdapter(
      folder.path,
      {},
      { config: { peft_type: 'LOKR', r: 4, alpha: 8, rank_pattern: { q_proj: 64 } } },
    );
    await writeSafetensors(join(folder.path, 'adapter_model.safetensors'), {
      [key('lokr_w1')]: [2, 2],
      [key('lokr_w2')]: [4, 4],
    });
    const { changes, file, warnings } = await openPatch(folder.path);
    await file.close();
    assert.deepEqual([changes.map(({ recipe }) => scalingOf(recipe)), warnings], [[8 / 64], []]);
  });

  it('patterns and targets follow modules that are renamed in the adapter', async () => {
    await using folder = await temporaryFolder();
    const [patch, onto, out] = ['patch', 'base', 'out'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    const module = 'layers.0.self_attn.q_proj';
    await writeAdapter(
      patch,
      { [module]: [8, 8] },
      { config: { alpha_pattern: { '^layers\\.0\\.self_attn\\.q_proj': 64 } } },
    );
    await writeCheckpoint(onto, [WEIGHT]);
    await run({ patch, onto, out, as: 'adapter' });
    const { changes, file } = await openPatch(out);
    await file.close();
    assert.deepEqual(
      changes.map((change) => [change.module, scalingOf(change.recipe)]),
      [[Q, 32]],
    );
  });

  it('two names for one module are refused', async () => {
    const short = Q.replace('model.', '');
    const twins = { ...PAIR, [key('lora_A.weight', short)]: [2, 8], [key('lora_B.weight', short)]: [8, 2] };
    const { refusals } = await plan(twins, {}, WEIGHT);
    assert.match(refusals[0]?.reason ?? '', /of the patch leads to model\.layers\.0\.self_attn\.q_proj\.weight too/);
  });

  const malformed: Record<string, [shapes: TensorShapes, config: object]> = {
    'B of three dimensions': [{ ...PAIR, [key('lora_B.weight')]: [8, 2, 2] }, {}],
    'OFT of no block': [{ [key('oft_R.weight')]: [0, 6] }, { peft_type: 'OFT', block_share: true }],
    'BOFT of odd blocks': [{ [key('boft_R')]: [5, 1, 8, 8], [key('boft_s')]: [8, 1] }, { peft_type: 'BOFT' }],
    'AdaLoRA with a matrix for its values': [
      { [key('lora_A')]: [2, 8], [key('lora_B')]: [8, 2], [key('lora_E')]: [2, 3] },
      { peft_type: 'ADALORA' },
    ],
    'LoHa of unequal halves': [
      {
        [key('hada_w1_a')]: [8, 2],
        [key('hada_w1_b')]: [2, 8],
        [key('hada_w2_a')]: [8, 2],
        [key('hada_w2_b')]: [2, 4],
      },
      { peft_type: 'LOHA', alpha: 4 },
    ],
    'LoKr whose factors do not fit': [
      { [key('lokr_w1')]: [2, 2], [key('lokr_w2_a')]: [4, 2], [key('lokr_w2_b')]: [3, 4] },
      { peft_type: 'LOKR', alpha: 4 },
    ],
  };
  for (const [name, [shapes, config]] of Object.entries(malformed))
    it(`${name} is refused`, async () => assert.ok((await plan(shapes, config, WEIGHT)).refusals.length > 0));

  it('a series without end is no setting', async () => {
    const config = { peft_type: 'OFT', use_cayley_neumann: true, num_cayley_neumann_terms: 1e9 };
    await assert.rejects(plan({ [key('oft_R.weight')]: [1, 28] }, config, WEIGHT), /num_cayley_neumann_terms/);
  });

  it('an AdaLoRA is not turned round by a negative scale', async () => {
    const shapes = { [key('lora_A')]: [2, 8], [key('lora_B')]: [8, 2], [key('lora_E')]: [2, 1] };
    const { refusals } = await plan(shapes, { peft_type: 'ADALORA' }, WEIGHT, { as: 'adapter', scale: -1 });
    assert.match(refusals[0]?.reason ?? '', /AdaLoRA cannot be scaled so/);
  });

  it('a model that lost a tensor was not made from this base', async () => {
    await using folder = await temporaryFolder();
    const [tuned, from] = [join(folder.path, 'tuned'), join(folder.path, 'old')];
    await writeCheckpoint(tuned, [WEIGHT]);
    await writeCheckpoint(from, [{ ...WEIGHT, 'model.layers.0.mlp.up_proj.weight': [8, 8] }]);
    const extracting = extract(
      { tuned, from, out: join(folder.path, 'out'), form: { kind: 'full' } },
      kernel,
      'test',
      IGNORE,
      NEVER,
    );
    await assert.rejects(extracting, /tuned has no tensor model\.layers\.0\.mlp\.up_proj\.weight/);
  });

  it('a tensor that the patch does not touch cannot be passed off as touched', async () => {
    await using folder = await temporaryFolder();
    const { folder: out } = await run({
      patch: join(VARIANTS, 'mica/patch'),
      onto: base('llama-new'),
      out: join(folder.path, 'out'),
    });
    const path = join(out, 'portllm.json');
    const provenance = JSON.parse(await readFile(path, 'utf8')) as PortResult['provenance'];
    const [moved] = provenance.untouched.splice(0, 1);
    const [like] = provenance.tensors;
    assert.ok(moved && like?.measured);
    provenance.tensors.push({ ...like, target: moved.name, measured: { ...like.measured, sha256: moved.sha256 } });
    await writeProvenance(out, provenance);
    const { ok, problems } = await verify(out, kernel, IGNORE, NEVER);
    assert.equal(ok, false);
    assert.match(problems.join(), new RegExp(`${moved.name} is not recorded as what the patch makes of it`));
  });
});
