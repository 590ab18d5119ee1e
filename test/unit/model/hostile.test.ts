/** Configurations that say a model is larger than any. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertTokens } from '../../../src/model/checks.ts';
import { architectureOf } from '../../support/models.ts';
import { refusedSoon } from '../safetensors/refusedSoon.ts';

const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 32,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  vocab_size: 64,
};
const PHI3 = { ...LLAMA, architectures: ['Phi3ForCausalLM'] };
const LONG = 'n'.repeat(1_000_000);

describe('config.json is refused soon with', () => {
  const cases: Readonly<Record<string, readonly [config: object, reason: RegExp]>> = {
    'thirty million layers': [{ num_hidden_layers: 3e7 }, /num_hidden_layers: it is larger than 2000/],
    'a thousand million layers': [{ num_hidden_layers: 1e9 }, /num_hidden_layers: it is larger/],
    'the most layers that a number can say': [{ num_hidden_layers: 2 ** 53 - 1 }, /num_hidden_layers: it is larger/],
    'heads of twenty million elements': [{ head_dim: 2e7 }, /head_dim: it is larger than 65536/],
    'heads of ten thousand million': [{ head_dim: 1e10 }, /head_dim: it is larger/],
    'one head of all of a large model': [
      { hidden_size: 2 ** 31, num_attention_heads: 1 },
      /heads of 2147483648 elements/,
    ],
    'very many heads': [{ num_attention_heads: 1e6 }, /num_attention_heads: it is larger than 65536/],
    'very many key-value heads': [{ num_key_value_heads: 1e6 }, /num_key_value_heads: it is larger/],
    'an absurd vocabulary': [{ vocab_size: 2 ** 40 }, /vocab_size: it is larger than 2147483648/],
    'a rotation of nothing': [{ ...PHI3, partial_rotary_factor: 0.01 }, /0 elements of each head cannot be rotated/],
    'an activation of a megabyte': [{ hidden_act: LONG }, /hidden_act: it is longer than 200/],
    'a rotary embedding of a megabyte': [{ rope_scaling: { type: LONG } }, /rope_scaling\.type: it is longer than 200/],
    'an architecture of a megabyte': [{ architectures: [LONG] }, /architectures\.0: it is longer than 200/],
  };
  for (const [what, [config, reason]] of Object.entries(cases))
    it(what, () => refusedSoon(() => architectureOf({ ...LLAMA, ...config }), reason));
});

it('the largest model that is allowed has its layers', async () => {
  const { layers, headSize } = await architectureOf({ ...LLAMA, num_hidden_layers: 2000, head_dim: 65_536 });
  assert.deepEqual([layers.length, headSize], [2000, 65_536]);
});

describe('a token', () => {
  for (const token of [0.5, -1, 64, 1e300, NaN, Infinity])
    it(`of number ${token} is none`, () =>
      refusedSoon(() => assertTokens({ vocabulary: 64 }, [token]), /has 64 tokens, and none of number/));
});
