/** Adapters as PEFT and the wild write them: scales, patterns, odd configurations. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readAdapterConfig, refusedSettings } from '../../../src/patch/adapterConfig.ts';
import { modulesOf, openPatch } from '../../../src/patch/patch.ts';
import { rankOf, scalingOf } from '../../../src/patch/recipe.ts';
import { patternValue } from '../../../src/patch/patterns.ts';
import { ADAPTER_CONFIG, writeAdapter } from '../../support/fixtures.ts';
import { GOLDEN, SAMPLES, temporaryFolder } from '../../support/paths.ts';

describe('patterns', () => {
  // Expected values are Python's: re.match(rf"(.*\.)?({key})$", module), first key in file order.
  const module = 'model.layers.10.self_attn.q_proj';
  const cases: [pattern: Record<string, number>, expected: number][] = [
    [{}, 8],
    [{ q_proj: 1 }, 1],
    [{ proj: 1 }, 8],
    [{ 'self_attn.q_proj': 2 }, 2],
    [{ 'layers\\.1\\.self_attn\\.q_proj': 3 }, 8],
    [{ 'layers\\.1\\d\\.self_attn\\.q_proj': 4 }, 4],
    [{ 'k_proj|q_proj': 5 }, 5],
    [{ 'model.layers.10.self_attn.q_proj': 6 }, 6],
    [{ '.*_proj': 7, q_proj: 9 }, 7],
  ];
  for (const [pattern, expected] of cases)
    it(JSON.stringify(pattern), () => assert.equal(patternValue(pattern, module, 8), expected));

  it('reads named groups as Python does, and no pattern takes more than linear time', () => {
    assert.equal(patternValue({ '(?P<name>q)_proj': 1 }, module, 8), 1);
    assert.equal(patternValue({ '(a+)+b': 1 }, 'a'.repeat(20_000), 8), 8);
  });

  it('refuses what it cannot read as Python does', () => {
    for (const pattern of ['(?=q)q_proj', '(q)\\1', '('])
      assert.throws(() => patternValue({ [pattern]: 1 }, module, 8), /the pattern ".*" cannot be read/);
  });
});

describe('openPatch', () => {
  it('takes rank from the shape and scales by alpha over it', async () => {
    await using folder = await temporaryFolder();
    await writeAdapter(
      folder.path,
      { 'a.q_proj': [4, 6], 'a.k_proj': [4, 6] },
      { rank: 4, config: { r: 8, lora_alpha: 16 } },
    );
    const patch = await openPatch(folder.path);
    await patch.file.close();
    assert.deepEqual(
      patch.changes.map(({ recipe }) => [rankOf(recipe), scalingOf(recipe)]),
      [
        [4, 4],
        [4, 4],
      ],
    );
    assert.match(patch.warnings[0] ?? '', /another rank than the tensors for 2 modules/);
  });

  it('applies rank and alpha patterns independently, with rank-stabilised scaling', async () => {
    const patch = await openPatch(join(GOLDEN, 'patterns-rslora/patch'));
    await patch.file.close();
    const scaling = Object.fromEntries(patch.changes.map(({ module, recipe }) => [module, scalingOf(recipe)]));
    assert.equal(scaling['model.layers.0.mlp.down_proj'], 16 / Math.sqrt(3));
    assert.equal(scaling['model.layers.1.self_attn.q_proj'], 16 / Math.sqrt(5));
    assert.equal(scaling['model.layers.0.self_attn.q_proj'], 16 / Math.sqrt(8));
    assert.equal(scaling['model.layers.1.self_attn.k_proj'], 7 / Math.sqrt(8));
    assert.equal(scaling['model.layers.0.mlp.gate_proj'], 24 / Math.sqrt(8));
    assert.deepEqual(patch.warnings, []);
  });

  it('warns where older versions of PEFT read the patterns in another way', async () => {
    await using folder = await temporaryFolder();
    const config = { lora_alpha: 16, rank_pattern: { q_proj: 2 }, alpha_pattern: { 'a.q_proj': 8 } };
    const warnings = async (more: object): Promise<string> => {
      await writeAdapter(folder.path, { 'a.q_proj': [4, 6] }, { config: { ...config, ...more } });
      const patch = await openPatch(folder.path);
      await patch.file.close();
      return patch.warnings.join();
    };
    assert.match(await warnings({}), /up to 0\.13 .* another scale for 1 modules \(a\.q_proj\)/);
    assert.equal(await warnings({ peft_version: '0.18.0' }), '');
    assert.equal(await warnings({ rank_pattern: {}, alpha_pattern: { q_proj: 8 } }), '');
  });

  it('reads the samples', async () => {
    for (const [name, modules] of [
      ['mood', 42],
      ['kind', 30],
    ] as const) {
      const patch = await openPatch(join(SAMPLES, 'patches', name));
      await patch.file.close();
      assert.equal(modulesOf(patch), modules);
      assert.deepEqual(patch.refusals, []);
    }
  });
});

describe('adapter_config.json', () => {
  const load = async (config: unknown): Promise<string[]> => {
    await using folder = await temporaryFolder();
    await writeFile(
      join(folder.path, 'adapter_config.json'),
      typeof config === 'string' ? config : JSON.stringify(config),
    );
    return refusedSettings(await readAdapterConfig(folder.path));
  };

  it('tolerates unknown keys, a BOM, CRLF, a float alpha and a bare-string target', async () => {
    const config = { ...ADAPTER_CONFIG, target_modules: 'classifier', a_future_key: { x: 1 } };
    assert.deepEqual(await load(config), []);
    const text =
      '\uFEFF' +
      JSON.stringify(config, null, 2).replace('"lora_alpha": 4', '"lora_alpha": 16.0').replaceAll('\n', '\r\n');
    assert.deepEqual(await load(text), []);
  });

  it('refuses what has no weights to add, by name', async () => {
    await assert.rejects(load({}), /has no peft_type/);
    await assert.rejects(load({ ...ADAPTER_CONFIG, peft_type: 'none' }), /type none cannot be ported: its formula/);
    await assert.rejects(load({ ...ADAPTER_CONFIG, peft_type: 'XLORA' }), /XLORA cannot be ported: it mixes adapters/);
    await assert.rejects(load({ ...ADAPTER_CONFIG, lora_alpha: null }), /no lora_alpha/);
  });

  const refused: Record<string, unknown> = {
    layer_replication: [[0, 1]],
    kasa_config: { x: 1 },
    arrow_config: { x: 1 },
    alora_invocation_tokens: [1],
    use_qalora: true,
    enable_lora: [true],
    init_lora_weights: 'pissa_niter_16',
  };
  for (const [key, value] of Object.entries(refused))
    it(`refuses ${key}`, async () => {
      const reasons = await load({ ...ADAPTER_CONFIG, [key]: value });
      assert.equal(reasons.length, 1);
      assert.ok(reasons[0]?.startsWith(key));
    });

  it('does not mind the same keys when they are off', async () => {
    const off = Object.fromEntries(Object.keys(refused).map((key) => [key, null]));
    assert.deepEqual(
      await load({ ...ADAPTER_CONFIG, ...off, use_dora: false, loftq_config: {}, init_lora_weights: true }),
      [],
    );
  });
});
