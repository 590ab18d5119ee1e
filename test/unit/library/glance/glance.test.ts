/** What is told of files on the disk: facts, and every way in which an index and its files can disagree. */
import assert from 'node:assert/strict';
import { cp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { openGlance } from '../../../../src/library/glance/glance.ts';
import { writeAdapter, writeCheckpoint, writeSafetensors } from '../../../support/fixtures.ts';
import { SAMPLES, temporaryFolder } from '../../../support/paths.ts';

const INDEX = 'model.safetensors.index.json';
const V2 = join(SAMPLES, 'models/storyteller-v2');

async function writeIndex(folder: string, map: object, metadata: object = {}): Promise<string> {
  const path = join(folder, INDEX);
  await writeFile(path, JSON.stringify({ metadata, weight_map: map }));
  return path;
}

describe('safetensors at a glance', () => {
  it('tells of an index what its files hold together', async () => {
    const { summary, tensors } = await openGlance(join(V2, INDEX));
    assert.equal(summary.kind, 'index');
    assert.deepEqual(summary.warnings, []);
    assert.deepEqual([summary.tensors, summary.parameters, summary.bytes], [56, 1_443_456, 2_886_912]);
    assert.deepEqual(summary.dtypes, [{ dtype: 'BF16', tensors: 56, parameters: 1_443_456, bytes: 2_886_912 }]);
    assert.equal(summary.files.length, 3);
    assert.equal(summary.architecture, 'LlamaForCausalLM');
    assert.deepEqual(Object.fromEntries(summary.metadata), {
      total_parameters: '1443456',
      total_size: '2886912',
      format: 'pt',
    });
    const first = tensors.find(({ name }) => name === 'model.embed_tokens.weight');
    assert.equal(first?.file, 'model-00001-of-00003.safetensors');
  });

  it('tells of a shard which index it belongs to', async () => {
    const { summary } = await openGlance(join(V2, 'model-00002-of-00003.safetensors'));
    assert.deepEqual([summary.kind, summary.index, summary.files.length], ['file', INDEX, 1]);
  });

  it('tells of an adapter what it does', async () => {
    const { summary } = await openGlance(join(SAMPLES, 'patches/kind/adapter_model.safetensors'));
    const { patch } = summary;
    assert.ok(patch);
    // Its patterns give down_proj another rank and alpha; with rsLoRA, alpha is divided by the rank's root.
    assert.deepEqual(
      [patch.ranks, patch.alphas, patch.scalings],
      [
        [4, 8],
        [8, 16],
        [8 / 2, 16 / Math.sqrt(8)],
      ],
    );
    assert.deepEqual([patch.method, patch.baseName], ['LORA', 'portllm/storyteller-v1']);
    assert.equal(patch.folder, join(SAMPLES, 'patches/kind'));
    assert.match(patch.targets ?? '', /q_proj/);
  });

  it('shows the tensors of an adapter that cannot be ported, and why', async () => {
    await using folder = await temporaryFolder();
    await writeAdapter(folder.path, { 'model.q_proj': [4, 4] }, { config: { peft_type: 'PREFIX_TUNING' } });
    const { summary } = await openGlance(join(folder.path, 'adapter_model.safetensors'));
    assert.equal(summary.patch, null);
    assert.equal(summary.tensors, 2);
    assert.match(summary.warnings.join(), /cannot be used as a patch.*PREFIX_TUNING/);
  });

  it('says which shard is missing, and lists what the index promises in it', async () => {
    await using folder = await temporaryFolder();
    await cp(V2, folder.path, { recursive: true });
    await rm(join(folder.path, 'model-00002-of-00003.safetensors'));
    const { summary, tensors } = await openGlance(join(folder.path, INDEX));
    const missing = tensors.filter(({ dtype }) => dtype === null);
    assert.equal(summary.tensors, 56);
    assert.equal(summary.missing, missing.length);
    assert.ok(missing.every(({ file }) => file === 'model-00002-of-00003.safetensors'));
    assert.deepEqual(summary.warnings, [
      `model-00002-of-00003.safetensors (${missing.length} tensors of the index) is missing. Complete the download.`,
    ]);
  });

  it('says which shard cannot be read, and why', async () => {
    await using folder = await temporaryFolder();
    await cp(V2, folder.path, { recursive: true });
    await truncate(join(folder.path, 'model-00003-of-00003.safetensors'), 4000);
    await writeFile(
      join(folder.path, 'model-00001-of-00003.safetensors'),
      'version https://git-lfs.github.com/spec/v1\n',
    );
    const { summary } = await openGlance(join(folder.path, INDEX));
    assert.match(summary.warnings[0] ?? '', /^model-00001.*Git LFS/);
    assert.match(summary.warnings[1] ?? '', /^model-00003.*not a valid safetensors file/);
    assert.equal(summary.warnings.length, 2);
  });

  it('says where the index and its files disagree', async () => {
    await using folder = await temporaryFolder();
    await writeSafetensors(join(folder.path, '1.safetensors'), { a: [2], b: [2], c: [3] });
    await writeSafetensors(join(folder.path, '2.safetensors'), { c: [3], d: [1] });
    const path = await writeIndex(
      folder.path,
      { a: '1.safetensors', b: '2.safetensors', c: '1.safetensors', e: '2.safetensors', d: '2.safetensors' },
      { total_size: 12 },
    );
    const { summary } = await openGlance(path);
    assert.deepEqual(summary.warnings, [
      '1.safetensors holds 1 tensor ("b"), which the index does not name there.',
      '2.safetensors does not hold 2 tensors ("b", "e"), which the index promises there.',
      '2.safetensors holds 1 tensor ("c"), which the index does not name there.',
      'More than one file holds 1 tensor ("c").',
      'The index says that its tensors have 12 bytes; those of the files have 44.',
    ]);
  });

  it('reads no file outside the folder, whatever the index or a link says', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    await writeSafetensors(join(other.path, 'x.safetensors'), { a: [2] });
    await symlink(join(other.path, 'x.safetensors'), join(folder.path, 'link.safetensors'));
    const outside = join(other.path, 'x.safetensors');
    const path = await writeIndex(folder.path, { a: outside, b: '../x.safetensors', c: 'link.safetensors' });
    const { summary } = await openGlance(path);
    assert.deepEqual([summary.tensors, summary.missing, summary.warnings.length], [3, 3, 3]);
    assert.match(summary.warnings.join('\n'), /leads out of the folder/);
  });

  it('takes hostile names as names', async () => {
    await using folder = await temporaryFolder();
    await writeSafetensors(join(folder.path, '1.safetensors'), { ['__proto__']: [2], 'constructor.x': [2] });
    await writeFile(
      join(folder.path, INDEX),
      '{"weight_map":{"__proto__":"1.safetensors","constructor.x":"1.safetensors"}}',
    );
    const { summary, tensors } = await openGlance(join(folder.path, INDEX));
    assert.deepEqual(summary.warnings, []);
    assert.deepEqual(tensors.map(({ name }) => name).sort(), ['__proto__', 'constructor.x']);
  });

  it('goes on without a config.json that is malformed', async () => {
    await using folder = await temporaryFolder();
    await writeCheckpoint(folder.path, [{ a: [2] }]);
    await writeFile(join(folder.path, 'config.json'), '{');
    const { summary } = await openGlance(join(folder.path, 'model.safetensors'));
    assert.equal(summary.architecture, null);
    assert.match(summary.warnings.join(), /config\.json is not JSON/);
  });

  it('refuses what is no safetensors and no index, with the file and the reason', async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    await writeFile(at('short.safetensors'), 'abc');
    await writeFile(at('pointer.safetensors.index.json'), 'version https://git-lfs.github.com/spec/v1\noid sha256:1');
    await writeFile(at('list.safetensors.index.json'), '[]');
    await writeFile(at('none.safetensors.index.json'), '{"weight_map": 3}');
    await writeFile(at('number.safetensors.index.json'), '{"weight_map": {"a": 3}}');
    for (const [name, reason] of [
      ['short.safetensors', /shorter than 8 bytes/],
      ['pointer.safetensors.index.json', /is not JSON/],
      ['list.safetensors.index.json', /not a JSON object/],
      ['none.safetensors.index.json', /has no weight_map/],
      ['number.safetensors.index.json', /tensor "a" is not a text/],
      ['gone.safetensors', /does not exist/],
    ] as const)
      await assert.rejects(openGlance(at(name)), (error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, reason);
        assert.ok(error.message.includes(name));
        return true;
      });
  });

  it('opens a header of 91,000 tensors in a moment', async () => {
    await using folder = await temporaryFolder();
    const shapes: Record<string, readonly number[]> = {};
    for (let layer = 0; layer < 61; layer++)
      for (let expert = 0; expert < 249; expert++)
        for (const name of ['gate', 'up', 'down'])
          for (const part of ['weight', 'weight_scale_inv'])
            shapes[`model.layers.${layer}.mlp.experts.${expert}.${name}_proj.${part}`] = [16, 16];
    const path = join(folder.path, 'model.safetensors');
    await writeSafetensors(path, shapes, 'F8_E4M3');
    const begin = performance.now();
    const { summary } = await openGlance(path);
    assert.equal(summary.tensors, 91_134);
    assert.ok(performance.now() - begin < 10_000, `${performance.now() - begin} ms`);
  });
});
