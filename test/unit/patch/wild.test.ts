/**
 * Configurations, indexes and adapters as they are found: each is read, or refused with a reason; none throws a raw error.
 * Real ones are looked at where the folder of shared data lies beside the project; a hand-made set always is.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { openPatch } from '../../../src/patch/patch.ts';
import { readAdapterConfig, refusedSettings } from '../../../src/patch/adapterConfig.ts';
import { planPort } from '../../../src/port/port.ts';
import { writeAdapter, writeSafetensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const SHARED = join(ROOT, '../shared/data');
const OUTCOMES = /cannot be ported|has no peft_type|has no lora_alpha|is not JSON|adapter_config\.json:/;

/** What was seen in the wild (formats.md §1.4), made anew. */
const STAND_IN: Readonly<Record<string, unknown>> = {
  empty: {},
  'two keys': { r: 8, lora_alpha: 16 },
  'type none': { peft_type: 'none', r: 8, lora_alpha: 4 },
  'base null': { peft_type: 'LORA', base_model_name_or_path: null, r: 8, lora_alpha: 16 },
  'Windows path': { peft_type: 'LORA', base_model_name_or_path: 'D:\\模型\\gemma3-270m', r: 4, lora_alpha: 16.0 },
  'target a string': { peft_type: 'LORA', r: 8, lora_alpha: 32, target_modules: 'classifier' },
  'twice the same target': { peft_type: 'LORA', r: 8, lora_alpha: 32, target_modules: ['q_proj', 'q_proj'] },
  'legacy MergedLinear': { peft_type: 'LORA', r: 8, lora_alpha: 16, enable_lora: [true, false, true] },
  'alpha and lora_alpha': { peft_type: 'LORA', r: 8, alpha: 16, lora_alpha: 16 },
  MLX: { lora_layers: 16, lora_parameters: { rank: 8, alpha: 16, scale: 10 } },
  'a list for a dictionary': { peft_type: 'LORA', r: 8, lora_alpha: 16, rank_pattern: [] },
  'a text for a number': { peft_type: 'LORA', r: '8', lora_alpha: 16 },
  'not an object': [1],
};

function filesBelow(folder: string, name: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(basename(file)))
    .map((file) => join(folder, file));
}

/** In words, what becomes of a configuration. */
async function outcomeOf(text: string): Promise<string> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'adapter_config.json'), text);
  try {
    return refusedSettings(await readAdapterConfig(folder.path)).join() || 'read';
  } catch (error) {
    assert.ok(error instanceof InputError, `a reason, not ${String(error)}`);
    assert.match(error.message, OUTCOMES);
    return error.message;
  }
}

describe('configurations of adapters', () => {
  for (const [name, config] of Object.entries(STAND_IN))
    it(`${name} is read or refused`, async () => assert.notEqual(await outcomeOf(JSON.stringify(config)), ''));

  it('so are all real ones that are at hand', async () => {
    const files = filesBelow(join(SHARED, 'adapter_configs'), /\.json$/);
    const outcomes = await Promise.all(files.map((file) => outcomeOf(readFileSync(file, 'utf8'))));
    if (files.length > 0) assert.ok(outcomes.filter((outcome) => outcome === 'read').length > files.length / 3);
  });
});

describe('real adapters', () => {
  it('are read whole, onto a base that has what they name', async () => {
    await using folder = await temporaryFolder();
    const real = filesBelow(join(SHARED, 'adapters'), /^adapter_model\.safetensors$/).map(dirname);
    const made = join(folder.path, 'made');
    await writeAdapter(made, { 'transformer.h.0.attn.c_attn': [24, 8] }, { config: { fan_in_fan_out: true } });
    for (const patch of [made, ...real]) {
      const { file, changes, refusals } = await openPatch(patch);
      await file.close();
      assert.ok(changes.length > 0);
      assert.deepEqual(refusals, []);
    }
  });
});

describe('real checkpoints', () => {
  it('of which only the metadata is there are refused with the reason', async () => {
    await using folder = await temporaryFolder();
    const metas = existsSync(join(SHARED, 'model_meta')) ? readdirSync(join(SHARED, 'model_meta')) : [];
    const made = join(folder.path, 'made');
    await mkdir(made);
    await writeFile(join(made, 'config.json'), '{"architectures": ["LlamaForCausalLM"]}');
    await writeFile(
      join(made, 'model.safetensors.index.json'),
      '{"metadata": {}, "weight_map": {"a": "model-1.safetensors"}}',
    );
    for (const meta of [made, ...metas.map((name) => join(SHARED, 'model_meta', name))])
      await assert.rejects(Checkpoint.open(meta), (error: unknown) => {
        assert.ok(error instanceof InputError, `${meta}: ${String(error)}`);
        assert.match(error.message, /which is missing|holds no model\.safetensors|does not exist|is not JSON/);
        return true;
      });
  });

  it('whose index and configuration are real are planned, with weights that are all zeros', async () => {
    await using folder = await temporaryFolder();
    const shapes = (hidden: number): Record<string, number[]> => ({
      'model.layers.0.self_attn.q_proj.weight': [hidden, hidden],
    });
    const metas = ['llama2-7b-merged-safetensors', 'mistral-7b', 'gemma2-9b-it', 'yi1.5-6b-merge'].filter((name) =>
      existsSync(join(SHARED, 'model_meta', name, 'config.json')),
    );
    const patch = join(folder.path, 'patch');
    await writeAdapter(patch, { 'model.layers.0.self_attn.q_proj': [8, 8] });
    for (const name of metas) {
      const onto = join(folder.path, name);
      await mkdir(onto);
      await cp(join(SHARED, 'model_meta', name, 'config.json'), join(onto, 'config.json'));
      await writeSafetensors(join(onto, 'model.safetensors'), shapes(8));
      const plan = await planPort({ patch, onto, out: '', as: 'checkpoint', scale: 1 });
      assert.deepEqual(plan.refusals, []);
    }
  });
});
