/** Things that went wrong, or could: strange numbers, strange files, changes in the middle, two computers. */
import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Progress } from '../../../src/base/progress.ts';
import type { LowRankKernel } from '../../../src/kernels/lowRank.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { LLAMA_CONFIG, writeAdapter, writeCheckpoint, writeSafetensors } from '../../support/fixtures.ts';
import { GOLDEN, SAMPLES, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const MODULE = 'model.layers.0.self_attn.q_proj';
const A = `base_model.model.${MODULE}.lora_A.weight`;
const NAN = new Uint8Array(new Float32Array([NaN]).buffer);

describe('a careful port', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (request: Omit<PortRequest, 'as' | 'scale'> & Partial<PortRequest>, sink = IGNORE): Promise<PortResult> =>
    port({ as: 'checkpoint', scale: 1, ...request }, kernel, 'test', sink, NEVER);

  async function scene(folder: string): Promise<{ patch: string; onto: string; out: string }> {
    const [patch, onto, out] = ['patch', 'base', 'out'].map((name) => join(folder, name)) as [string, string, string];
    await writeCheckpoint(onto, [{ [`${MODULE}.weight`]: [8, 8], 'model.norm.weight': [8] }]);
    await writeAdapter(patch, { [MODULE]: [8, 8] });
    return { patch, onto, out };
  }

  for (const as of ['checkpoint', 'adapter'] as const)
    it(`refuses NaN in the patch and a scale beyond float32, as ${as}`, async () => {
      await using folder = await temporaryFolder();
      const inputs = await scene(folder.path);
      await assert.rejects(run({ ...inputs, as, scale: 1e300 }), /scale 1e\+300 is too large/);
      const shapes = { [A]: [2, 8], [A.replace('lora_A', 'lora_B')]: [8, 2] };
      await writeSafetensors(join(inputs.patch, 'adapter_model.safetensors'), shapes, 'F32', { [A]: NAN });
      await assert.rejects(run({ ...inputs, as }), /lora_A\.weight holds NaN or infinity/);
      assert.deepEqual(await readdir(folder.path), ['base', 'patch']);
    });

  it('ports onto a base that holds NaN, and says that it has no norm', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const weight = `${MODULE}.weight`;
    await writeSafetensors(join(inputs.onto, 'model.safetensors'), { [weight]: [8, 8] }, 'F32', { [weight]: NAN });
    const { provenance, folder: out } = await run(inputs);
    assert.equal(provenance.tensors[0]?.measured?.weightNorm, null);
    assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, []);
  });

  it('copies what is larger than one piece, and nothing beyond its end', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const [large, weight] = ['model.large', `${MODULE}.weight`];
    const bytes = new Uint8Array(9_000_004).map((_, i) => (i * 31 + (i >>> 12)) % 251);
    const shapes = { [large]: [bytes.length / 4], [weight]: [8, 8], 'model.z': [3] };
    await writeSafetensors(join(inputs.onto, 'model.safetensors'), shapes, 'F32', { [large]: bytes });
    const { folder: out } = await run({ ...inputs, scale: 0 });
    const [theirs, ours] = [inputs.onto, out].map((place) => readFile(join(place, 'model.safetensors')));
    assert.ok((await theirs)?.equals((await ours) ?? Buffer.alloc(0)));
    assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, []);
  });

  it('keeps a tensor that is called __proto__', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const shapes = Object.fromEntries([
      [`${MODULE}.weight`, [8, 8]],
      ['__proto__', [2]],
    ]) as Record<string, number[]>;
    await writeSafetensors(join(inputs.onto, 'model.safetensors'), shapes);
    const { folder: out } = await run(inputs);
    assert.deepEqual((await verify(out, kernel, IGNORE, NEVER)).problems, []);
  });

  it('refuses a second factor for one module instead of dropping the first', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const extra = { [`base_model.model.${MODULE}.lora_embedding_A`]: [2, 8] };
    await writeAdapter(inputs.patch, { [MODULE]: [8, 8] }, { extra });
    await assert.rejects(run(inputs), /it has factors of a linear and of an embedding/);
  });

  it('does not follow links out of the folder for configurations either', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const config = join(inputs.patch, 'adapter_config.json');
    await rename(config, join(folder.path, 'elsewhere.json'));
    await symlink(join(folder.path, 'elsewhere.json'), config);
    await assert.rejects(run(inputs), /adapter_config\.json is a link that leads out of the folder/);
  });

  it('reads a config.json with the Infinity that Python writes', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const text = JSON.stringify({ ...LLAMA_CONFIG, note: 'Infinity and beyond' }).replace(
      '{',
      '{"limit": [0.0, Infinity, NaN],',
    );
    await writeFile(join(inputs.onto, 'config.json'), text);
    assert.equal((await planPort({ ...inputs, as: 'adapter', scale: 1 })).items.length, 1);
  });

  it('warns of settings that it does not know', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    await writeAdapter(inputs.patch, { [MODULE]: [8, 8] }, { config: { use_quantum_lora: true, not_set: null } });
    const { warnings } = await planPort({ ...inputs, as: 'adapter', scale: 1 });
    assert.deepEqual(warnings.filter((text) => text.includes('use_quantum_lora')).length, 1);
    assert.ok(!warnings.join().includes('not_set'));
  });

  it('unties a head that is said to be tied and is stored too, or refuses to share it', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    await writeCheckpoint(inputs.onto, [{ 'lm_head.weight': [16, 8], 'model.embed_tokens.weight': [16, 8] }]);
    await writeAdapter(inputs.patch, { lm_head: [16, 8] });
    await assert.rejects(run({ ...inputs, tied: 'shared' }), /its head is tied to the embedding, yet stores both/);
    const { folder: out } = await run(inputs);
    const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as Record<string, unknown>;
    assert.equal(config.tie_word_embeddings, false);
  });

  it('takes GPT-2 for what it is, whatever fan_in_fan_out says', async () => {
    await using folder = await temporaryFolder();
    const patch = join(folder.path, 'patch');
    await cp(join(GOLDEN, 'gpt2-fan-in-fan-out/patch'), patch, { recursive: true });
    const config = join(patch, 'adapter_config.json');
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('"fan_in_fan_out": true', '"fan_in_fan_out": false'),
    );
    const onto = join(GOLDEN, 'gpt2-fan-in-fan-out/new');
    const [ours, stated] = [
      await run({ patch, onto, out: join(folder.path, 'a') }),
      await run({ patch: join(GOLDEN, 'gpt2-fan-in-fan-out/patch'), onto, out: join(folder.path, 'b') }),
    ];
    assert.deepEqual(hashesOf(ours), hashesOf(stated));
  });

  it('does not turn a patch of another width until it fits', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    await writeCheckpoint(inputs.onto, [{ [`${MODULE}.weight`]: [8, 4] }]);
    await writeAdapter(inputs.patch, { [MODULE]: [4, 8] });
    await assert.rejects(run(inputs), /it changes a weight of \[4, 8\], but .* is \[8, 4\]/);
  });

  it('notices a patch that is replaced while it is ported', async () => {
    await using folder = await temporaryFolder();
    const [patch, other] = [join(folder.path, 'patch'), join(folder.path, 'other')];
    await cp(join(SAMPLES, 'patches/mood'), patch, { recursive: true });
    await cp(join(SAMPLES, 'reference/mood-retrained/adapter_model.safetensors'), other);
    let swapped: Promise<unknown> | undefined;
    const sink = ({ tensorsDone }: Progress): void => {
      if (tensorsDone > 2) swapped ??= rename(other, join(patch, 'adapter_model.safetensors'));
    };
    const onto = join(SAMPLES, 'models/storyteller-v2');
    await assert.rejects(run({ patch, onto, out: join(folder.path, 'out') }, sink), /changed while it was being read/);
    assert.deepEqual(await readdir(folder.path), ['patch']);
  });

  it('notices a base that is written to while it is ported onto', async () => {
    await using folder = await temporaryFolder();
    const onto = join(folder.path, 'base');
    await cp(join(SAMPLES, 'models/storyteller-v2'), onto, { recursive: true });
    let touched: Promise<unknown> | undefined;
    const sink = ({ tensorsDone }: Progress): void => {
      if (tensorsDone >= 0) touched ??= appendFile(join(onto, 'model-00003-of-00003.safetensors'), 'x');
    };
    const request = { patch: join(SAMPLES, 'patches/mood'), onto, out: join(folder.path, 'out') };
    await assert.rejects(run(request, sink), /model-00003-of-00003\.safetensors changed while it was being read/);
    assert.deepEqual(await readdir(folder.path), ['base']);
  });

  it('finds in verify that the base was changed after the port', async () => {
    await using folder = await temporaryFolder();
    const onto = join(folder.path, 'base');
    await cp(join(SAMPLES, 'models/storyteller-v2'), onto, { recursive: true });
    const { folder: out } = await run({ patch: join(SAMPLES, 'patches/mood'), onto, out: join(folder.path, 'out') });
    const shard = join(onto, 'model-00003-of-00003.safetensors');
    const bytes = await readFile(shard);
    bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] ?? 0) ^ 1;
    await writeFile(shard, bytes);
    const { problems } = await verify(out, kernel, IGNORE, NEVER);
    assert.match(problems[0] ?? '', /of the new base is not the one that was ported onto/);
  });

  it('stops where the patch overflows the dtype', async () => {
    await using folder = await temporaryFolder();
    const golden = join(GOLDEN, 'llama-f16-sharded');
    const request = { patch: join(golden, 'patch'), onto: join(golden, 'new'), out: join(folder.path, 'out') };
    await assert.rejects(run({ ...request, scale: 1e6 }), /elements of .* overflow F16 when the patch is added/);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('sets right an index that counts something else than bytes', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    await rm(join(inputs.onto, 'model.safetensors'));
    await writeCheckpoint(inputs.onto, [{ [`${MODULE}.weight`]: [8, 8] }, { 'model.norm.weight': [8] }]);
    const { folder: out } = await run(inputs);
    const index = JSON.parse(await readFile(join(out, 'model.safetensors.index.json'), 'utf8')) as unknown;
    assert.deepEqual(index, {
      metadata: { total_size: 4 * (64 + 8) },
      weight_map: {
        [`${MODULE}.weight`]: 'model-00001-of-00002.safetensors',
        'model.norm.weight': 'model-00002-of-00002.safetensors',
      },
    });
  });

  it('ports only what was agreed to', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const { digest } = await planPort({ ...inputs, as: 'checkpoint', scale: 1 });
    await writeAdapter(inputs.patch, { [MODULE]: [8, 8] }, { config: { lora_alpha: 400 } });
    await assert.rejects(run({ ...inputs, agreed: digest }), /inputs have changed since the plan was shown/);
    const { digest: now } = await planPort({ ...inputs, as: 'checkpoint', scale: 1 });
    await run({ ...inputs, agreed: now });
  });

  it('removes the folders that it made when it fails, and what dead workers left', async () => {
    await using folder = await temporaryFolder();
    const inputs = await scene(folder.path);
    const left = join(folder.path, '.out.portllm-partial');
    await mkdir(left);
    await writeFile(join(left, 'model.safetensors'), 'half');
    await assert.rejects(run({ ...inputs, out: join(folder.path, 'new', 'deep', 'out'), scale: 1e300 }));
    await run(inputs);
    assert.deepEqual((await readdir(folder.path)).sort(), ['base', 'out', 'patch']);
  });

  describe('verified by another way of computing', () => {
    for (const name of ['llama-f32', 'llama-bf16', 'llama-f16-sharded'])
      it(`${name} agrees, and a hundredth more does not`, async () => {
        await using folder = await temporaryFolder();
        const golden = join(GOLDEN, name);
        const { folder: out } = await run({
          patch: join(golden, 'patch'),
          onto: join(golden, 'new'),
          out: join(folder.path, 'out'),
        });
        assert.deepEqual((await verify(out, float64Kernel(1), IGNORE, NEVER)).problems, []);
        assert.notDeepEqual((await verify(out, float64Kernel(1.01), IGNORE, NEVER)).problems, []);
      });
  });
});

const IGNORE: (progress: Progress) => void = () => undefined;

function hashesOf({ provenance }: PortResult): (string | undefined)[] {
  return provenance.tensors.map(({ measured }) => measured?.sha256);
}

/** Sums in float64 and rounds once: the best float32 there is, in nobody's order. */
function float64Kernel(factor: number): LowRankKernel {
  return {
    device: 'float64',
    product: (left, right, { rows, rank, columns }, scale) => {
      const result = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let r = 0; r < rank; r++) sum += left[row * rank + r]! * right[r * columns + column]!;
          result[row * columns + column] = sum * scale * factor;
        }
      return Promise.resolve(result);
    },
  };
}
