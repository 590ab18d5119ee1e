/** Models that cannot be evaluated say why, and what can be done. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { generate } from '../../../src/model/generate.ts';
import type { TensorShapes } from '../../support/fixtures.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { architectureOf, caseFolder, openCase, openModel, tensorsOf, writeModel } from '../../support/models.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 32,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  vocab_size: 64,
};
const PHI3 = { ...LLAMA, architectures: ['Phi3ForCausalLM'], model_type: 'phi3' };
const FACTORS = { short_factor: [1, 1, 1, 1], long_factor: [2, 2, 2, 2] };

describe('a config.json', () => {
  for (const [what, config, reason] of [
    [
      'of another architecture',
      { ...LLAMA, architectures: ['MambaForCausalLM'] },
      /MambaForCausalLM is not an architec/,
    ],
    ['of no architecture', { ...LLAMA, architectures: ['toString'] }, /toString is not an architecture/],
    ['without a size', { ...LLAMA, hidden_size: undefined }, /hidden_size/],
    ['with a size that is none', { ...LLAMA, num_attention_heads: 0 }, /num_attention_heads/],
    ['of an unknown activation', { ...LLAMA, hidden_act: 'relu2' }, /activation "relu2" is not known/],
    ['of heads that do not divide', { ...LLAMA, num_attention_heads: 5 }, /32 is no multiple of 5 heads/],
    ['of keys that are not shared evenly', { ...LLAMA, num_key_value_heads: 3 }, /4 heads cannot share 3 key-value/],
    ['of odd heads', { ...LLAMA, head_dim: 15 }, /15 elements of each head cannot be rotated in pairs/],
    [
      'of an unknown rotary embedding',
      { ...LLAMA, rope_scaling: { rope_type: 'yarn', factor: 2 } },
      /"yarn" is not one/,
    ],
    ['of a linear one without a factor', { ...LLAMA, rope_scaling: { type: 'linear' } }, /has no factor/],
    [
      'of llama3 without its bounds',
      { ...LLAMA, rope_scaling: { type: 'llama3', factor: 8 } },
      /has no low_freq_factor/,
    ],
    ['of longrope without factors', { ...PHI3, rope_scaling: { type: 'su' } }, /has no short_factor/],
    [
      'of longrope with too many',
      { ...PHI3, head_dim: 6, rope_scaling: { type: 'su', ...FACTORS } },
      /4 numbers where 3/,
    ],
    [
      'that is quantised',
      { ...LLAMA, quantization_config: { quant_method: 'gptq', bits: 4 } },
      /is quantised \(gptq\)/,
    ],
    ['of FP8 without blocks', { ...LLAMA, quantization_config: { quant_method: 'fp8' } }, /is quantised \(fp8\)/],
    [
      'of an encoder',
      { ...LLAMA, architectures: ['Gemma3ForCausalLM'], use_bidirectional_attention: true },
      /makes this an encoder/,
    ],
  ] as const)
    it(`${what} is refused`, () => assert.rejects(architectureOf(config), withMessage(reason)));

  it('of another architecture is refused with those that can be evaluated', async () => {
    const error = await architectureOf({ ...LLAMA, architectures: ['MambaForCausalLM'] }).catch((e: unknown) => e);
    assert.match((error as InputError).hint ?? '', /LlamaForCausalLM, MistralForCausalLM, .*--endpoint/);
  });
});

function withMessage(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof InputError && pattern.test(error.message);
}

describe('weights', () => {
  const tryWith = async (change: (shapes: Record<string, readonly number[]>) => TensorShapes): Promise<void> => {
    await using folder = await temporaryFolder();
    const tensors = await tensorsOf(caseFolder('llama-bf16'));
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    await writeModel(folder.path, 'llama-bf16', tensors);
    await writeSafetensors(join(folder.path, 'model.safetensors'), change(shapes), 'BF16');
    await (await openModel(folder.path))[Symbol.asyncDispose]();
  };

  it('without a tensor that config.json promises are refused', async () => {
    const without = tryWith((shapes) =>
      Object.fromEntries(Object.entries(shapes).filter(([name]) => name !== 'model.layers.1.mlp.up_proj.weight')),
    );
    await assert.rejects(
      without,
      withMessage(/the tensor model\.layers\.1\.mlp\.up_proj\.weight, which the weights do not/),
    );
  });

  it('of another shape are refused', async () => {
    const other = tryWith((shapes) => ({ ...shapes, 'model.norm.weight': [31] }));
    await assert.rejects(other, withMessage(/model\.norm\.weight is \[31\], by config\.json it should be \[32\]/));
    const turned = tryWith((shapes) => ({ ...shapes, 'model.layers.0.mlp.up_proj.weight': [32, 24] }));
    await assert.rejects(turned, withMessage(/is \[32, 24\], by config\.json it should be \[24, 32\]/));
  });

  for (const dtype of ['I8', 'F64', 'F8_E4M3'] as const)
    it(`stored as ${dtype} are refused`, async () => {
      await using folder = await temporaryFolder();
      const tensors = await tensorsOf(caseFolder('llama-bf16'));
      await writeModel(folder.path, 'llama-bf16', tensors);
      const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
      await writeSafetensors(join(folder.path, 'model.safetensors'), shapes, dtype);
      await assert.rejects(
        openModel(folder.path),
        withMessage(new RegExp(`is stored as ${dtype}, which cannot be evaluated`)),
      );
    });

  it('that the network has no place for are named; those that no model reads are not', async () => {
    await using folder = await temporaryFolder();
    const tensors = await tensorsOf(caseFolder('llama-bf16'));
    const extra = ['model.layers.0.self_attn.q_proj.bias', 'model.layers.0.self_attn.rotary_emb.inv_freq'];
    const added = extra.map((name) => ({ name, shape: [32], values: new Float32Array(32) }));
    await writeModel(folder.path, 'llama-bf16', [...tensors, ...added]);
    await using model = await openModel(folder.path);
    assert.deepEqual(model.unused, ['model.layers.0.self_attn.q_proj.bias']);
    await using float8 = await openModel(join(ROOT, 'test/golden/float8/case/new'));
    assert.deepEqual(float8.unused, []);
  });

  it('that are no numbers are said so, instead of scores that are none', async () => {
    for (const damaged of ['model.layers.1.mlp.down_proj.weight', 'model.embed_tokens.weight']) {
      await using folder = await temporaryFolder();
      const tensors = await tensorsOf(caseFolder('llama-bf16'));
      tensors.find(({ name }) => name === damaged)?.values.fill(NaN, 70, 75);
      await writeModel(folder.path, 'llama-bf16', tensors);
      await using model = await openModel(folder.path);
      await using network = model.network();
      const rows = [{ prefix: [2, 3], branches: [] }];
      const { signal } = new AbortController();
      await assert.rejects(
        network.score(rows, [{ row: 0, place: 1, token: 5 }]),
        withMessage(/computes NaN or infinity/),
      );
      await assert.rejects(
        generate(network, [[2, 3]], { maxTokens: 2 }, () => false, signal),
        withMessage(/computes NaN or infinity/),
      );
    }
  });
});

describe('a token that the model does not have', () => {
  it('is refused, in a text and as a target', async () => {
    await using opened = await openCase('llama-bf16', { sizes: { tileRows: 16 } });
    const { network } = opened;
    const row = (prefix: readonly number[]): { prefix: readonly number[]; branches: [] }[] => [
      { prefix, branches: [] },
    ];
    const none = withMessage(/has 64 tokens, and none of number (64|-1|NaN)/);
    const { signal } = new AbortController();
    await assert.rejects(network.score(row([1, 64]), [{ row: 0, place: 0, token: 5 }]), none);
    await assert.rejects(network.score(row([1, 2]), [{ row: 0, place: 0, token: 64 }]), none);
    await assert.rejects(network.score(row([1, 2]), [{ row: 0, place: 0, token: -1 }]), none);
    await assert.rejects(network.logits(row([NaN])), none);
    await assert.rejects(
      generate(network, [[1], [64]], { maxTokens: 2 }, () => false, signal),
      none,
    );
  });
});
