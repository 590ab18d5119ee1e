/** How much memory a model needs, and which mode is chosen by it. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { readArchitecture } from '../../../src/model/readArchitecture.ts';
import { chooseMemory } from '../../../src/model/weights/memory.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 16_384,
  num_hidden_layers: 2,
  num_attention_heads: 32,
  vocab_size: 128_256,
  tie_word_embeddings: true,
};

describe('memory', () => {
  const WORKLOAD = { tokens: 1024, longest: 1024, states: 512, masked: false, cached: 0, replaced: 0 };
  const GIGABYTE = 1e9;

  /** Sparse files of gigabytes cost no disk. */
  async function bigModel(folder: string, dtype: 'F32' | 'BF16'): Promise<void> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'config.json'), JSON.stringify(CONFIG));
    const shapes: Record<string, readonly number[]> = {
      'model.embed_tokens.weight': [128_256, 4096],
      'model.norm.weight': [4096],
    };
    for (const layer of [0, 1]) {
      const prefix = `model.layers.${layer}.`;
      for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj'])
        shapes[`${prefix}self_attn.${name}.weight`] = [4096, 4096];
      for (const name of ['gate_proj', 'up_proj']) shapes[`${prefix}mlp.${name}.weight`] = [16_384, 4096];
      shapes[`${prefix}mlp.down_proj.weight`] = [4096, 16_384];
      for (const name of ['input_layernorm', 'post_attention_layernorm']) shapes[`${prefix}${name}.weight`] = [4096];
    }
    await writeSafetensors(join(folder, 'model.safetensors'), shapes, dtype);
  }

  async function chosen(
    folder: string,
    available: number,
    wish?: 'resident' | 'mapped',
  ): Promise<ReturnType<typeof chooseMemory>> {
    await using checkpoint = await Checkpoint.open(folder);
    return chooseMemory(checkpoint, await readArchitecture(checkpoint), WORKLOAD, wish, available);
  }

  const tooLittle = (pattern: RegExp) => (error: unknown) => error instanceof InputError && pattern.test(error.message);

  it('holds the weights where they fit widened, else maps them, else is said to be too little', async () => {
    await using folder = await temporaryFolder();
    await bigModel(folder.path, 'BF16');
    // 1.06 billion parameters.
    const resident = await chosen(folder.path, 16 * GIGABYTE);
    assert.equal(resident.mode, 'resident');
    assert.ok(resident.bytes > 4.24 * GIGABYTE && resident.bytes < 6.5 * GIGABYTE);
    const mapped = await chosen(folder.path, 5 * GIGABYTE);
    assert.equal(mapped.mode, 'mapped');
    assert.ok(mapped.bytes > 0.5 * GIGABYTE && mapped.bytes < 2.5 * GIGABYTE);
    assert.equal((await chosen(folder.path, 16 * GIGABYTE, 'mapped')).mode, 'mapped');
    const little = tooLittle(/would need about 1\.5\d GB of memory, and 1\.00 GB are free/);
    await assert.rejects(chosen(folder.path, GIGABYTE), little);
    const wished = tooLittle(/would need about 5\.\d\d GB of memory, and 5\.00 GB are free/);
    await assert.rejects(chosen(folder.path, 5 * GIGABYTE, 'resident'), wished);
  });

  it('needs no copy of float32 files, one of pickles and of FP8', async () => {
    await using folder = await temporaryFolder();
    await bigModel(folder.path, 'F32');
    const { mode, bytes } = await chosen(folder.path, 5 * GIGABYTE);
    assert.ok(mode === 'resident' && bytes < 2.5 * GIGABYTE);
    const golden = join(ROOT, 'test/golden');
    const float32 = 4 * (2 * 64 * 32 + 5 * 32 + 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32));
    const plain = await chosen(join(golden, 'variants/cases/bases/llama-new'), GIGABYTE, 'mapped');
    const pickled = await chosen(join(golden, 'pickled/case/new'), GIGABYTE, 'mapped');
    assert.equal(pickled.bytes - plain.bytes, float32);
    const matrices = 4 * 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32);
    const float8 = await chosen(join(golden, 'float8/case/new'), GIGABYTE, 'mapped');
    assert.ok(float8.bytes - plain.bytes >= matrices);
  });
});
