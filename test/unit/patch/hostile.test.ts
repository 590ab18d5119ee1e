/** Adapters of strangers whose names, patterns and lists are made to take time, memory or the reader's patience. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parseKey } from '../../../src/patch/keys.ts';
import { openPatch, type Patch } from '../../../src/patch/patch.ts';
import { writeAdapter, type TensorShapes } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { doneSoon, refusedSoon } from '../safetensors/refusedSoon.ts';

const PREFIX = 'base_model.model.';

async function open(modules: readonly string[], config: object, extra: TensorShapes = {}): Promise<Patch> {
  await using folder = await temporaryFolder();
  await mkdir(folder.path, { recursive: true });
  const shapes = Object.fromEntries(modules.map((module) => [module, [2, 2]]));
  await writeAdapter(folder.path, shapes, { rank: 1, config: { lora_alpha: 1, ...config }, extra });
  const patch = await openPatch(folder.path);
  await patch.file.close();
  return patch;
}

const names = (count: number, before: string, after = ''): string[] =>
  Array.from({ length: count }, (_, i) => before + String(i) + after);
const table = <T>(keys: readonly string[], value: T): Record<string, T> =>
  Object.fromEntries(keys.map((key) => [key, value]));
const bits = (length: number, seed: number): string =>
  Array.from({ length }, (_, i) => 'ab'[((i * i * 7 + i * seed) >> 3) & 1]).join('');

describe('patterns', () => {
  it('of two thousand names are tried soon on two hundred modules', async () => {
    const { changes } = await doneSoon(() => open(names(200, 'm'), { rank_pattern: table(names(2000, 'q'), 2) }));
    assert.equal(changes.length, 200);
  });

  it('of ten thousand names are tried soon on four thousand modules, and found', async () => {
    const modules = names(4000, 'model.layers.', '.q');
    const config = {
      rank_pattern: table(names(10_000, 'model.layers.', '.q'), 1),
      alpha_pattern: table(names(10_000, '^model\\.layers\\.', '\\.q'), 5),
      peft_version: '0.18.0',
    };
    const { changes, warnings } = await doneSoon(() => open(modules, config));
    assert.deepEqual(warnings, []);
    assert.ok(changes.every(({ recipe }) => 'alpha' in recipe && recipe.alpha === 5));
  });

  const slow = /adapter_config\.json: trying all of its patterns on all modules of the patch would take too long/;
  const large = /adapter_config\.json: the pattern ".{80}" cannot be read: it repeats too much/;
  const refused: Readonly<Record<string, readonly [modules: string[], patterns: string[], reason: RegExp]>> = {
    'that are written out to a hundred thousand steps': [['m'], names(20, 'x{1000}'.repeat(140)), large],
    'of counts within counts': [['m'], [`${'(?:'.repeat(20)}${'x'.repeat(30)}${'){2}'.repeat(20)}`], large],
    'that are very many expressions': [names(4000, 'layer'), names(20_000, '(a|b)*a(a|b)'), slow],
    'that follow very many ways': [
      Array.from({ length: 100 }, (_, i) => `${i}${bits(3900, i)}`),
      names(50, '(?:a|b)*a(?:a|b){100}c'),
      slow,
    ],
    'of names that are all alike but for dots': [names(4000, 'model_layer10'), names(30_000, '...........1'), slow],
  };
  for (const [what, [modules, patterns, reason]] of Object.entries(refused))
    it(`${what} are refused soon`, () =>
      refusedSoon(() => open(modules, { rank_pattern: table(patterns, 2) }), reason));

  it('of feed-forward modules are bounded too', () =>
    refusedSoon(
      () =>
        open(
          [],
          { peft_type: 'IA3', feedforward_modules: '(?:a|b)*a(?:a|b){100}c' },
          table(
            Array.from({ length: 100 }, (_, i) => `${PREFIX}${i}${bits(3900, i)}.ia3_l`),
            [2, 1],
          ),
        ),
      slow,
    ));

  it('called as properties of objects are nothing else', async () => {
    const config = { rank_pattern: { constructor: 1 }, alpha_pattern: {}, peft_version: null };
    assert.deepEqual((await open(['x.constructor'], config)).warnings, []);
  });
});

describe('lists of sixty thousand names are searched soon:', () => {
  const modules = names(3000, 'm');
  const lists: Readonly<Record<string, () => Promise<Patch>>> = {
    target_parameters: () => open(modules, { target_parameters: names(60_000, 'p', '.w') }),
    trainable_token_indices: () =>
      open(
        [],
        { trainable_token_indices: table(names(60_000, 'p'), [1]) },
        table(
          modules.map((module) => `${PREFIX}${module}.trainable_tokens_delta`),
          [1, 1],
        ),
      ),
    feedforward_modules: () =>
      open(
        [],
        { peft_type: 'IA3', feedforward_modules: names(60_000, 'p') },
        table(
          modules.map((module) => `${PREFIX}${module}.ia3_l`),
          [1, 1],
        ),
      ),
  };
  for (const [what, work] of Object.entries(lists))
    it(what, async () => {
      const { changes, refusals } = await doneSoon(work);
      assert.ok(changes.length + refusals.length >= modules.length);
    });

  it('no module has very many parameters', () =>
    refusedSoon(
      () => open(['x.m'], { target_parameters: names(60_000, 'm.w') }),
      /adapter_config\.json says more than 64 times what is so of "m"/,
    ));
  it('no very many parts of names are looked for', () =>
    refusedSoon(
      () => open(['m'], { use_bdlora: { nblocks: 2, target_modules_bd_a: names(60_000, 'p') } }),
      /adapter_config\.json: use_bdlora/,
    ));
});

describe('the name of a tensor', () => {
  const long: Readonly<Record<string, string>> = {
    original_module: `a${'.original_module.a'.repeat(20_000)}\n`,
    base_layer: `a${'.base_layer'.repeat(40_000)}x.lora_A.weight`,
    'adapter names': '.lora_A.a'.repeat(20_000),
    modules_to_save: '.modules_to_save.'.repeat(20_000),
  };
  for (const [what, name] of Object.entries(long))
    it(`is refused soon where it is ${what} thousands of times`, async () => {
      const key = await doneSoon(() => parseKey(PREFIX + name));
      assert.ok('reason' in key);
      assert.equal(key.reason, 'its name has more than 4096 characters');
    });

  it('may have four thousand characters of the same, and goes on soon', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `${PREFIX}${i}${'.original_module.a'.repeat(220)}\n`);
    await doneSoon(() => names.map(parseKey));
    const nested = Array.from({ length: 100 }, (_, i) => `${i}${'.base_layer'.repeat(360)}x`);
    const { refusals, changes } = await doneSoon(() => open(nested, { target_parameters: ['x.y'] }));
    assert.equal(refusals.length + changes.length, 100);
  });

  it('keeps what stands before the first copy, and all that follows', () => {
    assert.deepEqual(parseKey(`${PREFIX}a.original_module.b.original_module.w`), {
      module: 'a',
      role: 'original.b.original_module.w',
      rules: [],
    });
    const key = parseKey(`${PREFIX}a.original_module.b.original_module.w\n`);
    assert.ok('role' in key);
    assert.deepEqual([key.module, key.role], ['a', 'original.b.original_module.w\n']);
  });
});

describe('a patch is refused soon with', () => {
  it('an empty tensor that is a million million long', () =>
    refusedSoon(
      () => open(['m'], {}, { [`${PREFIX}embed_tokens.weight`]: [2 ** 40, 0] }),
      /adapter_model\.safetensors: tensor "base_model\.model\.embed_tokens\.weight" has no elements, and is 1099511627776/,
    ));
  it('projections of no rank', async () => {
    const extra = {
      'base_model.vera_A': [0, 5],
      'base_model.vera_B': [5, 0],
      [`${PREFIX}m.vera_lambda_b`]: [5],
      [`${PREFIX}m.vera_lambda_d`]: [0],
    };
    const { changes, refusals } = await open([], { peft_type: 'VERA' }, extra);
    assert.equal(changes.length, 0);
    assert.match(refusals[0]?.reason ?? '', /its projections do not fit it/);
  });
  it('factors of no rank', async () => {
    const roles = { hada_w1_a: [5, 0], hada_w1_b: [0, 5], hada_w2_a: [5, 0], hada_w2_b: [0, 5] };
    const extra = Object.fromEntries(Object.entries(roles).map(([role, shape]) => [`${PREFIX}m.${role}`, shape]));
    const { changes, refusals } = await open([], { peft_type: 'LOHA', alpha: 1 }, extra);
    assert.equal(changes.length, 0);
    assert.match(refusals[0]?.reason ?? '', /its factors are not complete/);
  });
});

describe('a long word is shortened in', () => {
  const long = 'n'.repeat(1_000_000);
  it('the type of an MLX adapter', () =>
    refusedSoon(
      () => open(['m'], { peft_type: null, lora_parameters: { rank: 1, scale: 1 }, fine_tune_type: long }),
      /of the type n{200}… are not ported/,
    ));
  it('the way it was initialised, and a setting that is not known', async () => {
    const { refusals, warnings } = await open(['m'], { init_lora_weights: `pissa${long}`, [long]: 1 });
    assert.ok(refusals.every(({ reason }) => reason.length < 400));
    assert.ok(warnings.every((warning) => warning.length < 400));
    assert.equal(warnings.length, 1);
  });
});
