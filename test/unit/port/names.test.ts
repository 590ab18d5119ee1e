/** Names that moved between versions and wrappers: matched by a rule that the plan announces, or refused. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { planPort } from '../../../src/port/port.ts';
import type { PlanItem, PortPlan, PortRequest } from '../../../src/port/plan/planTypes.ts';
import { LLAMA_CONFIG, writeAdapter, writeCheckpoint, type TensorShapes } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

/** Plans a patch on modules of [8, 8] onto a base of these tensors. */
async function plan(
  modules: TensorShapes,
  tensors: TensorShapes,
  config: object = {},
  as: PortRequest['as'] = 'checkpoint',
): Promise<PortPlan> {
  await using folder = await temporaryFolder();
  const [patch, onto] = [join(folder.path, 'patch'), join(folder.path, 'base')];
  await writeAdapter(patch, modules);
  await writeCheckpoint(onto, [tensors], 'F32', { ...LLAMA_CONFIG, ...config });
  return await planPort({ patch, onto, out: '', as, scale: 1 });
}

const Q = 'layers.0.self_attn.q_proj';

describe('names that moved', () => {
  const moves: [patch: string, base: string, rule: string][] = [
    [`model.language_model.${Q}`, `language_model.model.${Q}`, 'model.language_model is language_model.model'],
    [`language_model.model.${Q}`, `model.language_model.${Q}`, 'language_model.model is model.language_model'],
    [`model.${Q}`, `language_model.model.${Q}`, 'model is language_model.model'],
    [`model.${Q}`, `model.language_model.${Q}`, 'model is model.language_model'],
    [`model.language_model.${Q}`, `model.${Q}`, 'model.language_model is model'],
    ['language_model.lm_head', 'lm_head', 'language_model.lm_head is lm_head, rows by position'],
    [Q, `model.${Q}`, 'with model. in front'],
    ['transformer.h.0.attn.c_attn', 'h.0.attn.c_attn', 'without transformer.'],
    ['model.visual.blocks.0.attn.qkv', 'visual.blocks.0.attn.qkv', 'model.visual is visual'],
    [
      'model.layers.0.mlp.experts.3.gate_proj',
      'model.layers.0.block_sparse_moe.experts.3.w1',
      'mlp.experts.3.gate_proj is block_sparse_moe.experts.3.w1',
    ],
    [
      'model.layers.0.block_sparse_moe.experts.3.w2',
      'model.layers.0.mlp.experts.3.down_proj',
      'block_sparse_moe.experts.3.w2 is mlp.experts.3.down_proj',
    ],
    ['model.layers.0.mlp.gate', 'model.layers.0.block_sparse_moe.gate', 'mlp.gate is block_sparse_moe.gate'],
  ];
  for (const [module, target, rule] of moves)
    it(`${module} is ${target}`, async () => {
      const { items, refusals } = await plan({ [module]: [8, 8] }, { [`${target}.weight`]: [8, 8] });
      assert.deepEqual(refusals, []);
      assert.deepEqual(
        items.map((item) => [item.target, item.rule]),
        [[`${target}.weight`, rule]],
      );
    });

  it('takes the name itself where it is there', async () => {
    const both = { [`model.${Q}.weight`]: [8, 8], [`language_model.model.${Q}.weight`]: [8, 8] };
    const { items } = await plan({ [`model.${Q}`]: [8, 8] }, both);
    assert.deepEqual(
      items.map(({ target }) => target),
      [`model.${Q}.weight`],
    );
  });

  it('refuses to choose between two', async () => {
    const both = { [`model.${Q}.weight`]: [8, 8], [`language_model.model.${Q}.weight`]: [8, 8] };
    const { refusals } = await plan({ [`model.language_model.${Q}`]: [8, 8] }, both);
    assert.match(refusals[0]?.reason ?? '', /it could be .* or .* of the new base/);
  });

  it('says so where the new base has fused what the patch has split', async () => {
    const { refusals } = await plan(
      { [`model.${Q}`]: [8, 8] },
      { 'model.layers.0.self_attn.qkv_proj.weight': [24, 8] },
    );
    assert.match(refusals[0]?.reason ?? '', /stores it fused, as model\.layers\.0\.self_attn\.qkv_proj/);
  });
});

describe('experts in one tensor', () => {
  const owner = 'model.layers.0.mlp.experts';
  const base = { [`${owner}.gate_up_proj`]: [4, 16, 8], [`${owner}.down_proj`]: [4, 8, 8] };
  const places: [part: string, shape: number[], target: string, row: number][] = [
    ['2.gate_proj', [8, 8], 'gate_up_proj', 32],
    ['2.up_proj', [8, 8], 'gate_up_proj', 40],
    ['3.down_proj', [8, 8], 'down_proj', 24],
  ];
  for (const [part, shape, target, row] of places)
    it(`takes the pair of ${part} in its rows`, async () => {
      const { items, refusals } = await plan({ [`${owner}.${part}`]: shape }, base);
      assert.deepEqual(refusals, []);
      const describeItem = ({ target: name, parts }: PlanItem): unknown => [name, parts.map(({ begin }) => begin)];
      assert.deepEqual(items.map(describeItem), [[`${owner}.${target}`, [row]]]);
    });

  it('sums what several experts bring into one item', async () => {
    const { items, coverage } = await plan({ [`${owner}.0.up_proj`]: [8, 8], [`${owner}.1.up_proj`]: [8, 8] }, base);
    assert.equal(items.length, 1);
    assert.equal(coverage.matchedPatchTensors, 4);
  });

  it('refuses an expert that is not there, and one of another shape', async () => {
    assert.match((await plan({ [`${owner}.4.up_proj`]: [8, 8] }, base)).refusals[0]?.reason ?? '', /has no tensor/);
    const { refusals } = await plan({ [`${owner}.0.up_proj`]: [16, 8] }, base);
    assert.match(
      refusals[0]?.reason ?? '',
      /it changes a weight of \[16, 8\], but an expert of the new base is \[8, 8\]/,
    );
  });
});

describe('a quantised base', () => {
  const gptq = { quantization_config: { quant_method: 'gptq' } };
  const packed = { [`model.${Q}.qweight`]: [1, 8], [`model.${Q}.scales`]: [1, 8] };

  it('takes adapters, not patched weights', async () => {
    const modules = { [`model.${Q}`]: [8, 8] };
    const adapter = await plan(modules, packed, gptq, 'adapter');
    assert.deepEqual(adapter.refusals, []);
    assert.equal(adapter.items[0]?.rule, 'same name, the base is quantised (gptq)');
    const { refusals } = await plan(modules, packed, gptq);
    assert.match(
      refusals.map(({ reason }) => reason).join('\n'),
      /is quantised \(gptq\): its weights cannot be added to/,
    );
  });

  it('still misses modules, and shapes where they show', async () => {
    const stranger = await plan({ 'model.layers.9.self_attn.q_proj': [8, 8] }, packed, gptq, 'adapter');
    assert.match(stranger.refusals[0]?.reason ?? '', /has no module model\.layers\.9/);
    const eight = { [`model.${Q}.weight`]: [8, 9], [`model.${Q}.SCB`]: [8] };
    const other = await plan(
      { [`model.${Q}`]: [8, 8] },
      eight,
      { quantization_config: { quant_method: 'bitsandbytes' } },
      'adapter',
    );
    assert.match(other.refusals[0]?.reason ?? '', /it changes a weight of \[8, 8\], but .* is \[8, 9\]/);
  });
});
