/** Every input that cannot be used ends in an error that names the file and the reason, and nothing is written. */
import assert from 'node:assert/strict';
import { appendFile, chmod, cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import type { LowRankKernel } from '../../../src/kernels/lowRank.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { port } from '../../../src/port/port.ts';
import { Staging } from '../../../src/port/staging.ts';
import { LLAMA_CONFIG, writeAdapter, writeCheckpoint, writeSafetensors } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

const MODULE = 'model.layers.0.self_attn.q_proj';
const BASE = { [`${MODULE}.weight`]: [8, 8], 'model.norm.weight': [8] };
const NO_KERNEL: LowRankKernel = {
  device: 'none',
  product: () => Promise.reject(new Error('nothing may be computed for an input that cannot be used')),
};

interface Scene {
  readonly base: string;
  readonly patch: string;
  readonly out: string;
}

/** What is wrong, how it comes about, and what the person reads. */
interface BadCase {
  readonly spoil: (scene: Scene) => Promise<unknown>;
  readonly says: RegExp;
  readonly only?: PortRequest['as'];
}

const CASES: Readonly<Record<string, BadCase>> = {
  'missing shard': {
    spoil: ({ base }) => rm(join(base, 'model-00002-of-00002.safetensors')),
    says: /index\.json names model-00002-of-00002\.safetensors, which is missing/,
  },
  'truncated shard': {
    spoil: ({ base }) => truncate(join(base, 'model-00001-of-00002.safetensors'), 200),
    says: /model-00001-of-00002\.safetensors is not a valid safetensors file: it is cut off: \d+ of \d+ bytes are missing/,
  },
  'bytes after the end': {
    spoil: ({ base }) => appendFile(join(base, 'model-00001-of-00002.safetensors'), 'x'),
    says: /1 bytes follow the last tensor/,
  },
  'header that lies about a size': {
    spoil: ({ base }) => rewrite(join(base, 'model-00001-of-00002.safetensors'), '"shape":[8,8]', '"shape":[8,9]'),
    says: /q_proj\.weight" has 256 bytes where its shape and dtype need 288/,
  },
  'header with offsets that overlap': {
    spoil: async ({ base }) => {
      const path = join(base, 'model-00001-of-00002.safetensors');
      await writeSafetensors(path, { [`${MODULE}.weight`]: [8, 8], other: [8, 8] });
      await rewrite(path, '"data_offsets":[256,512]', '"data_offsets":[0,256]  ');
    },
    says: /overlaps the one before it/,
  },
  'unknown dtype': {
    spoil: ({ base }) => rewrite(join(base, 'model-00001-of-00002.safetensors'), '"F32"', '"F33"'),
    says: /unknown dtype "F33"/,
  },
  'header that is no JSON': {
    spoil: ({ base }) => rewrite(join(base, 'model-00001-of-00002.safetensors'), '{"__m', '{{__m'),
    says: /its header is not JSON/,
  },
  'index naming a file outside the folder': {
    spoil: ({ base }) =>
      rewrite(
        join(base, 'model.safetensors.index.json'),
        'model-00002-of-00002.safetensors',
        '../elsewhere.safetensors',
      ),
    says: /names a file outside the folder: "\.\.\/elsewhere\.safetensors"/,
  },
  'shard that is a link out of the folder': {
    spoil: async ({ base }) => {
      const shard = join(base, 'model-00001-of-00002.safetensors');
      await cp(shard, join(base, '..', 'stranger.safetensors'));
      await rm(shard);
      await symlink(join(base, '..', 'stranger.safetensors'), shard);
    },
    says: /is a link that leads out of the folder/,
  },
  'index promising a tensor that no shard has': {
    spoil: ({ base }) => rewrite(join(base, 'model.safetensors.index.json'), 'model.norm.weight', 'model.norm.other!'),
    says: /the index places tensor "model\.norm\.other!"/,
  },
  'index with a merge conflict': {
    spoil: ({ base }) => writeFile(join(base, 'model.safetensors.index.json'), '{}\n=======\n{}'),
    says: /index\.json is not JSON/,
  },
  'no config.json': {
    spoil: ({ base }) => rm(join(base, 'config.json')),
    says: /is no model: it has no config\.json/,
  },
  'quantised base': {
    only: 'checkpoint',
    spoil: ({ base }) =>
      writeFile(
        join(base, 'config.json'),
        JSON.stringify({ ...LLAMA_CONFIG, quantization_config: { quant_method: 'gptq' } }),
      ),
    says: /the new base is quantised \(gptq\)/,
  },
  'adapter for another architecture': {
    spoil: ({ patch }) => writeAdapter(patch, { 'transformer.h.0.attn.c_attn': [24, 8] }),
    says: /the new base \(LlamaForCausalLM\) has no tensor transformer\.h\.0\.attn\.c_attn\.weight/,
  },
  'adapter for another width': {
    spoil: ({ patch }) => writeAdapter(patch, { [MODULE]: [16, 16] }),
    says: /it changes a weight of \[16, 16\], but .*q_proj\.weight of the new base is \[8, 8\]/,
  },
  'one patch tensor without a target among others that fit': {
    spoil: ({ patch }) => writeAdapter(patch, { [MODULE]: [8, 8], 'model.layers.9.self_attn.q_proj': [8, 8] }),
    says: /has no tensor model\.layers\.9\.self_attn\.q_proj\.weight/,
  },
  'factor without its partner': {
    spoil: ({ patch }) =>
      writeSafetensors(join(patch, 'adapter_model.safetensors'), {
        [`base_model.model.${MODULE}.lora_A.weight`]: [2, 8],
      }),
    says: /its partner lora_B is missing/,
  },
  'patch without tensors': {
    spoil: ({ patch }) => writeSafetensors(join(patch, 'adapter_model.safetensors'), {}),
    says: /the patch holds no tensors/,
  },
  'absolute tensor in the patch': {
    spoil: ({ patch }) =>
      writeAdapter(patch, { [MODULE]: [8, 8] }, { extra: { 'base_model.model.lm_head.base_layer.weight': [16, 8] } }),
    says: /lm_head\.base_layer\.weight: 1 change of this patch is a difference against the base it was trained on/,
  },
  'DoRA without its magnitudes': {
    spoil: ({ patch }) => writeAdapter(patch, { [MODULE]: [8, 8] }, { config: { use_dora: true } }),
    says: /use_dora is set, and its magnitude is missing/,
  },
  'DoRA without the old base': {
    spoil: ({ patch }) =>
      writeAdapter(
        patch,
        { [MODULE]: [8, 8] },
        { config: { use_dora: true }, extra: { [`base_model.model.${MODULE}.lora_magnitude_vector`]: [8] } },
      ),
    says: /1 change of this patch is a difference against the base it was trained on: name that base \(--from OLD\)/,
  },
  'prompt tuning': {
    spoil: ({ patch }) => writeAdapter(patch, {}, { config: { peft_type: 'PROMPT_TUNING' } }),
    says: /patches of the type PROMPT_TUNING cannot be ported/,
  },
  'a pickle that is none': {
    spoil: async ({ patch }) => {
      await rm(join(patch, 'adapter_model.safetensors'));
      await writeFile(join(patch, 'adapter_model.bin'), 'PK');
    },
    says: /adapter_model\.bin is not a safetensors file but a zip archive/,
  },
  'Git LFS pointer': {
    spoil: ({ patch }) =>
      writeFile(join(patch, 'adapter_model.safetensors'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
    says: /not a safetensors file but a Git LFS pointer/,
  },
  'output folder exists': {
    spoil: ({ out }) => mkdir(out),
    says: /out exists already/,
  },
};

describe('bad input', () => {
  for (const [name, { spoil, says, only }] of Object.entries(CASES))
    for (const as of only ? [only] : (['checkpoint', 'adapter'] as const))
      it(`${name}, as ${as}`, async () => {
        await using folder = await temporaryFolder();
        const scene = await makeScene(folder.path);
        await spoil(scene);
        const before = await listAll(folder.path);
        const error = await failure({ patch: scene.patch, onto: scene.base, out: scene.out, as, scale: 1 });
        assert.match(error.message, says);
        assert.deepEqual(await listAll(folder.path), before, 'nothing is written');
      });

  it('not enough disk space', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    const creating = Staging.create(out, 5_000_000_000, undefined, () => Promise.resolve(1_000_000_000));
    await assert.rejects(creating, /Not enough disk space: the output needs 5\.00 GB, 1\.00 GB are free/);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('a scale that is no number', async () => {
    await using folder = await temporaryFolder();
    const { base, patch, out } = await makeScene(folder.path);
    assert.match(
      (await failure({ patch, onto: base, out, as: 'adapter', scale: NaN })).message,
      /scale NaN is not a number/,
    );
  });

  it('an unreadable folder', async (test) => {
    if (process.getuid?.() === 0) return unreadableAsRoot();
    await using folder = await temporaryFolder();
    const { base, patch, out } = await makeScene(folder.path);
    await chmod(base, 0o000);
    test.after(() => chmod(base, 0o755));
    const { message } = await failure({ patch, onto: base, out, as: 'adapter', scale: 1 });
    assert.match(message, /permission denied/);
  });
});

/** Root may read everything; a file where a folder should be is refused by the system all the same. */
async function unreadableAsRoot(): Promise<void> {
  await using folder = await temporaryFolder();
  const { base, patch, out } = await makeScene(folder.path);
  await rm(base, { recursive: true });
  await writeFile(base, '');
  const { message } = await failure({ patch, onto: base, out, as: 'adapter', scale: 1 });
  assert.match(message, /Cannot read .*base: it is a file, or a part of the path is not a folder/);
}

async function makeScene(folder: string): Promise<Scene> {
  const scene = { base: join(folder, 'base'), patch: join(folder, 'patch'), out: join(folder, 'out') };
  const [first, second] = Object.entries(BASE).map(([name, shape]) => ({ [name]: shape }));
  await writeCheckpoint(scene.base, [first ?? {}, second ?? {}]);
  await writeAdapter(scene.patch, { [MODULE]: [8, 8] });
  return scene;
}

async function failure(request: PortRequest): Promise<UserError> {
  const failed = await port(request, NO_KERNEL, 'test', () => undefined, new AbortController().signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failed instanceof UserError, `a UserError, not ${String(failed)}`);
  return failed;
}

async function listAll(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

/** Replaces text of the same length, so that a header stays where it is; JSON files may change their length. */
async function rewrite(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'latin1');
  assert.ok(text.includes(from), `${path} holds ${from}`);
  assert.ok(path.endsWith('.json') || to.length === from.length || to.trimEnd().length <= from.length);
  await writeFile(path, text.replace(from, to.slice(0, path.endsWith('.json') ? undefined : from.length)), 'latin1');
}
