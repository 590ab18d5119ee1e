/** What a config.json means, against transformers (test/golden/model/make_config.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ropeTable } from '../../../src/model/rope.ts';
import { architectureOf, MODEL_CASES } from '../../support/models.ts';

interface RopeCase {
  readonly config: Readonly<Record<string, unknown>> & {
    readonly rope_parameters?: object;
    readonly rope_scaling?: object;
  };
  readonly length: number;
  readonly inverse: readonly number[];
  readonly factor: number;
  readonly table?: {
    readonly positions: readonly number[];
    readonly cosines: readonly number[];
    readonly sines: readonly number[];
  };
}

interface Defaults {
  readonly num_key_value_heads: number;
  readonly head_dim?: number;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly sliding_window?: number | null;
  readonly layer_types?: readonly string[];
  readonly hidden_act?: string;
  readonly hidden_activation?: string;
  readonly tie_word_embeddings: boolean;
  readonly attention_bias?: boolean;
  readonly mlp_bias?: boolean;
  readonly query_pre_attn_scalar?: number;
  readonly attn_logit_softcapping?: number | null;
  readonly final_logit_softcapping?: number | null;
  readonly rope_parameters: {
    readonly rope_theta?: number;
    readonly full_attention?: { readonly rope_theta: number };
    readonly sliding_attention?: { readonly rope_theta: number };
  };
}

const ROPES = read<RopeCase[]>('rope.json');
const DEFAULTS = read<Record<string, { readonly config: object; readonly expected: Defaults }>>('defaults.json');

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(MODEL_CASES, name), 'utf8')) as T;
}

describe('the rotary embedding', () => {
  for (const [i, { config, length, inverse, factor, table }] of ROPES.entries())
    it(`has transformers' frequencies: ${JSON.stringify(config.rope_parameters ?? config.rope_scaling).slice(0, 60)} (${i})`, async () => {
      const { ropes } = await architectureOf(config);
      const [rope] = ropes;
      const found = rope?.frequencies(length);
      assert.ok(rope && found);
      assert.equal(rope.dimension, 2 * inverse.length);
      assert.equal(found.factor, factor);
      assert.deepEqual([...found.inverse], inverse.map(Math.fround));
      if (table === undefined) return;
      const { cosines, sines } = ropeTable(found, length);
      const half = inverse.length;
      table.positions.forEach((position, row) => {
        for (let k = 0; k < half; k++) {
          // torch's cosine may be off by one in the last place, and is rounded once more by the factor.
          const slack = 1.5 * 2 ** -23 * factor;
          const at = position * half + k;
          assert.ok(Math.abs((cosines[at] ?? NaN) - (table.cosines[row * half + k] ?? NaN)) <= slack);
          assert.ok(Math.abs((sines[at] ?? NaN) - (table.sines[row * half + k] ?? NaN)) <= slack);
        }
      });
    });
});

describe('what config.json does not say', () => {
  for (const [family, { config, expected }] of Object.entries(DEFAULTS))
    it(`is as transformers has it: ${family}`, async () => {
      const architecture = await architectureOf(config);
      const headSize = expected.head_dim ?? architecture.hidden / architecture.heads;
      assert.equal(architecture.headSize, headSize);
      assert.equal(architecture.keyValueHeads, expected.num_key_value_heads);
      assert.equal(architecture.maxLength, expected.max_position_embeddings);
      assert.equal(architecture.epsilon, expected.rms_norm_eps);
      assert.equal(architecture.tied, expected.tie_word_embeddings);
      assert.equal(
        { silu: 'silu', gelu_tanh: 'gelu_pytorch_tanh', gelu: 'gelu' }[architecture.activation],
        expected.hidden_act ?? expected.hidden_activation,
      );
      assert.equal(architecture.attentionScale, (expected.query_pre_attn_scalar ?? headSize) ** -0.5);
      assert.equal(architecture.attentionCap, expected.attn_logit_softcapping ?? undefined);
      assert.equal(architecture.logitCap, expected.final_logit_softcapping ?? undefined);
      assert.equal(architecture.biases.feedForward, expected.mlp_bias ?? false);
      assert.equal(architecture.biases.output, expected.attention_bias ?? false);
      const types = expected.layer_types ?? architecture.layers.map(() => 'sliding_attention');
      const window = expected.sliding_window ?? undefined;
      assert.deepEqual(
        architecture.layers.map((layer) => layer.window),
        types.map((type) => (type === 'sliding_attention' ? window : undefined)),
      );
      const { rope_theta: theta, full_attention: full, sliding_attention: sliding } = expected.rope_parameters;
      const thetas = theta === undefined ? [full?.rope_theta, sliding?.rope_theta] : [theta];
      assert.deepEqual(
        architecture.ropes.map((rope) => rope.frequencies(1).inverse[1]),
        thetas.map((base = NaN) => Math.fround(1 / Math.fround(base ** (2 / headSize)))),
      );
    });
});
