/** PEFT's key grammar (formats.md §2.1): what is a factor, and why everything else is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseKey } from '../../../src/patch/keys.ts';

const Q = 'model.layers.0.self_attn.q_proj';

describe('keys of a patch', () => {
  const expert = 'model.layers.0.mlp.experts.base_layer';
  const read: Record<string, [module: string, role: string]> = {
    [`base_model.model.${Q}.lora_A.weight`]: [Q, 'lora_A'],
    [`base_model.model.${Q}.lora_B.weight`]: [Q, 'lora_B'],
    [`base_model.model.${Q}.lora_B.bias`]: [Q, 'lora_B.bias'],
    [`base_model.model.${Q}.lora_E`]: [Q, 'lora_E'],
    [`base_model.model.${Q}.lora_magnitude_vector`]: [Q, 'magnitude'],
    [`base_model.model.${Q}.lora_magnitude_vector.weight`]: [Q, 'magnitude'],
    'base_model.model.model.embed_tokens.lora_embedding_A': ['model.embed_tokens', 'lora_embedding_A'],
    'base_model.model.model.embed_tokens.lora_embedding_B': ['model.embed_tokens', 'lora_embedding_B'],
    [`base_model.model.${Q}.hada_w1_a`]: [Q, 'hada_w1_a'],
    [`base_model.model.${Q}.lokr_t2`]: [Q, 'lokr_t2'],
    [`base_model.model.${Q}.ia3_l`]: [Q, 'ia3_l'],
    [`base_model.model.${Q}.vera_lambda_b`]: [Q, 'vera_lambda_b'],
    'base_model.vera_A': ['', 'vera_A'],
    [`base_model.model.${Q}.oft_R.weight`]: [Q, 'oft_R'],
    [`base_model.model.${Q}.boft_s`]: [Q, 'boft_s'],
    [`base_model.model.${Q}.base_layer.bias`]: [Q, 'saved.bias'],
    [`base_model.model.${Q}.bias`]: [Q, 'saved.bias'],
    'base_model.model.lm_head.base_layer.weight': ['lm_head', 'saved.weight'],
    'base_model.model.lm_head.weight': ['lm_head', 'saved.weight'],
    'base_model.model.model.norm.ln_tuning_layers.weight': ['model.norm', 'saved.weight'],
    'base_model.model.score.original_module.weight': ['score', 'original.weight'],
    'base_model.model.bn.num_batches_tracked': ['bn', 'original.counter'],
    [`base_model.model.${Q}.lora_velora_embed`]: [Q, 'original.lora_velora_embed'],
    'base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta': ['model.embed_tokens', 'rows'],
    'base_model.model.model.embed_tokens.trainable_tokens_delta': ['model.embed_tokens', 'rows'],
    [`base_model.model.${expert}.lora_A.weight`]: [expert, 'lora_A'],
  };
  for (const [key, [module, role]] of Object.entries(read))
    it(`reads ${key}`, () => assert.deepEqual(parseKey(key), { module, role, rules: [] }));

  const mended: Record<string, [module: string, rules: RegExp]> = {
    [`${Q}.lora_A.weight`]: [Q, /^with base_model\.model\. in front$/],
    [`_orig_mod.base_model.model.${Q}.lora_A.weight`]: [Q, /^without _orig_mod\. \(torch\.compile\)$/],
    [`base_model.model._orig_mod.${Q}.lora_A.weight`]: [Q, /^without _orig_mod/],
    [`module.base_model.model.${Q}.lora_A.weight`]: [Q, /^without module\. \(data parallel\)$/],
    [`base_model.model.module.${Q}.lora_A.weight`]: [Q, /^without module/],
    [`base_model.model.${Q}.lora_A.default.weight`]: [Q, /^without the adapter name$/],
    'base_model.model.wte.lora_embedding_A.default': ['wte', /^without the adapter name$/],
    [`base_model.model.${Q}.lora_magnitude_vector.default.weight`]: [Q, /^without the adapter name$/],
    [`base_model.model.${Q}.hada_w2_b.default`]: [Q, /^without the adapter name$/],
    'base_model.model.score.modules_to_save.default.weight': ['score', /^without modules_to_save$/],
    'base_model.model.head.modules_to_save.default.dense.weight': ['head.dense', /^without modules_to_save$/],
    'base_model.model.score.modules_to_save.weight': ['score', /^without modules_to_save$/],
    [`module._orig_mod.${Q}.lora_A.mine.weight`]: [
      Q,
      /^without _orig_mod.*,without module.*,with base.*,without the adapter/,
    ],
  };
  for (const [key, [module, rules]] of Object.entries(mended))
    it(`mends ${key}`, () => {
      const parsed = parseKey(key);
      assert.ok('module' in parsed);
      assert.equal(parsed.module, module);
      assert.match(String(parsed.rules), rules);
    });

  const refused: Record<string, [kind: string, reason: RegExp]> = {
    [`${Q}.weight`]: ['unportable', /does not begin with base_model\.model\./],
    [`base_model.model.${Q}.lora_diag`]: ['unportable', /KaSA/],
    [`base_model.model.${Q}.lora_Z.weight`]: ['unportable', /unknown kind/],
    'base_model.model.wte.token_adapter.trainable_tokens_original': ['unportable', /does not load/],
    'base_model.prompt_embeddings': ['unportable', /./],
    'base_model.model.__proto__': ['unportable', /unknown kind/],
  };
  for (const [key, [kind, reason]] of Object.entries(refused))
    it(`refuses ${key}`, () => {
      const parsed = parseKey(key);
      assert.ok('reason' in parsed);
      assert.equal(parsed.kind, kind);
      assert.match(parsed.reason, reason);
    });
});
