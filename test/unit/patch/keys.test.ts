/** PEFT's key grammar (formats.md §2.1): what is a factor, and why everything else is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseKey } from '../../../src/patch/keys.ts';

const Q = 'model.layers.0.self_attn.q_proj';

describe('keys of a patch', () => {
  const factors = {
    [`base_model.model.${Q}.lora_A.weight`]: { module: Q, factor: 'A', embedding: false, rules: [] },
    [`base_model.model.${Q}.lora_B.weight`]: { module: Q, factor: 'B', embedding: false, rules: [] },
    'base_model.model.model.embed_tokens.lora_embedding_A': {
      module: 'model.embed_tokens',
      factor: 'A',
      embedding: true,
      rules: [],
    },
    'base_model.model.model.embed_tokens.lora_embedding_B': {
      module: 'model.embed_tokens',
      factor: 'B',
      embedding: true,
      rules: [],
    },
  };
  for (const [key, expected] of Object.entries(factors))
    it(`reads ${key}`, () => assert.deepEqual(parseKey(key), expected));

  const mended: Record<string, [module: string, rules: RegExp]> = {
    [`${Q}.lora_A.weight`]: [Q, /^with base_model\.model\. in front$/],
    [`_orig_mod.base_model.model.${Q}.lora_A.weight`]: [Q, /^without _orig_mod\. \(torch\.compile\)$/],
    [`base_model.model._orig_mod.${Q}.lora_A.weight`]: [Q, /^without _orig_mod/],
    [`module.base_model.model.${Q}.lora_A.weight`]: [Q, /^without module\. \(data parallel\)$/],
    [`base_model.model.module.${Q}.lora_A.weight`]: [Q, /^without module/],
    [`base_model.model.${Q}.lora_A.default.weight`]: [Q, /^without the adapter name$/],
    'base_model.model.wte.lora_embedding_A.default': ['wte', /^without the adapter name$/],
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
    [`base_model.model.${Q}.lora_B.bias`]: ['pure delta', /LoRA bias/],
    [`base_model.model.${Q}.lora_magnitude_vector`]: ['base-relative', /DoRA/],
    [`base_model.model.${Q}.lora_magnitude_vector.default.weight`]: ['base-relative', /DoRA/],
    [`base_model.model.${Q}.base_layer.bias`]: ['absolute', /own weights/],
    [`base_model.model.${Q}.bias`]: ['absolute', /bias vector/],
    'base_model.model.lm_head.base_layer.weight': ['absolute', /own weights/],
    'base_model.model.lm_head.weight': ['absolute', /modules_to_save/],
    'base_model.model.score.modules_to_save.default.weight': ['absolute', /modules_to_save/],
    'base_model.model.score.original_module.weight': ['absolute', /old module/],
    'base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta': ['absolute', /trainable tokens/],
    [`base_model.model.${Q}.lora_diag`]: ['unportable', /KaSA/],
    'base_model.model.model.layers.0.mlp.experts.base_layer.lora_A.weight': ['pure delta', /target_parameters/],
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
