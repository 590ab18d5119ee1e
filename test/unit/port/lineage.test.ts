/** Whose patch it is: evidence about the old base, and chains of ports. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { readFloats } from '../../../src/patch/tensorReader.ts';
import type { PortPlan, PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { writeTensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const VARIANTS = join(ROOT, 'test/golden/variants/cases');
const [OLD, NEW] = ['llama-old', 'llama-new'].map((name) => join(VARIANTS, 'bases', name)) as [string, string];

/** A base of the same shapes with other values: what another model of the family looks like. */
async function writeStranger(folder: string): Promise<string> {
  await cp(OLD, folder, { recursive: true });
  await using base = await Checkpoint.open(OLD);
  const tensors = [];
  for (const [name, { entry, shard }] of base.tensors) {
    const values = await readFloats(shard.file, name);
    tensors.push({
      name,
      shape: entry.shape,
      values: values.map((_, i) => 3 * (values[(i * 7919 + 13) % values.length] ?? 0)),
    });
  }
  await writeTensors(join(folder, 'model.safetensors'), tensors);
  return folder;
}

describe('evidence about the old base', () => {
  const plan = (variant: string, from: string): Promise<PortPlan> =>
    planPort({ patch: join(VARIANTS, variant, 'patch'), from, onto: NEW, out: '', as: 'checkpoint', scale: 1 });

  it('knows the base by its saved copies', async () => {
    const { evidence, refusals } = await plan('saved-embeddings', OLD);
    assert.match(evidence.join('\n'), /model\.embed_tokens\.weight of the old base is the saved copy, value for value/);
    assert.match(evidence.join('\n'), /The patch names golden\/llama-old as its base/);
    assert.deepEqual(refusals, []);
  });

  it('knows it by trained tensors too', async () => {
    const { evidence } = await plan('modules-to-save-head', OLD);
    assert.match(
      evidence.join('\n'),
      /lm_head\.weight of the old base resembles the saved, trained one \(cosine 0\.9\d\d, chance ± 0\.0\d\d\)/,
    );
  });

  it('stops at a base that has nothing in common with what was saved', async () => {
    await using folder = await temporaryFolder();
    const { refusals } = await plan('modules-to-save-head', await writeStranger(join(folder.path, 'stranger')));
    assert.match(
      refusals[0]?.reason ?? '',
      /it does not come from this old base: .* \(cosine -?0\.\d+, chance ± 0\.\d+\)/,
    );
  });

  it("measures DoRA's magnitudes against the norms", async () => {
    await using folder = await temporaryFolder();
    assert.match((await plan('dora-linear', OLD)).evidence.join('\n'), /magnitudes are on average \d\.\d % away/);
    const strange = await plan('dora-linear', await writeStranger(join(folder.path, 'stranger')));
    assert.match(strange.warnings.join('\n'), /magnitudes are on average \d\d\.\d % away .* is it the right one/);
  });

  it('notices when old and new base are confused', async () => {
    const request = {
      patch: join(VARIANTS, 'modules-to-save-head/patch'),
      out: '',
      as: 'checkpoint',
      scale: 1,
    } as const;
    const { warnings } = await planPort({ ...request, from: NEW, onto: OLD });
    assert.match(warnings.join('\n'), /lm_head\.weight is closer to the new base than to the old one/);
    const right = await planPort({ ...request, from: OLD, onto: NEW });
    assert.ok(!right.warnings.join().includes('is closer to'));
  });

  it('warns of another name and another revision', async () => {
    const { warnings } = await plan('modules-to-save-head', NEW);
    assert.match(warnings.join('\n'), /names golden\/llama-old as its base, and the old base is llama-new/);
  });
});

describe('chains', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (request: Omit<PortRequest, 'scale'> & { scale?: number }): Promise<PortResult> =>
    port({ scale: 1, ...request }, kernel, 'test', () => undefined, NEVER);

  for (const variant of ['layers-to-transform', 'saved-embeddings-trained', 'trainable-tokens', 'lokr-linear'])
    it(`v1 → v2 → v3 is v1 → v3 for ${variant}`, async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const patch = join(VARIANTS, variant, 'patch');
      const third = await writeStranger(at('third'));
      const config = join(patch, 'adapter_config.json');
      assert.ok((await readFile(config, 'utf8')).includes('golden/llama-old'));
      const straight = await run({ patch, from: OLD, onto: third, out: at('straight'), as: 'checkpoint' });
      const second = await run({ patch, from: OLD, onto: NEW, out: at('second'), as: 'adapter' });
      const plan = await planPort({
        patch: second.folder,
        from: NEW,
        onto: third,
        out: '',
        as: 'checkpoint',
        scale: 1,
      });
      assert.match(plan.evidence.join('\n'), /was ported onto llama-new, and the old base has its files/);
      const around = await run({ patch: second.folder, from: NEW, onto: third, out: at('around'), as: 'checkpoint' });
      await using one = await Checkpoint.open(straight.folder);
      await using other = await Checkpoint.open(around.folder);
      for (const [name, { shard }] of one.tensors) {
        const [a, b] = [
          await readFloats(shard.file, name),
          await readFloats(other.tensors.get(name)!.shard.file, name),
        ];
        const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        assert.ok(
          a.every((value, i) => Math.abs(value - (b[i] ?? NaN)) <= 2 ** -21 * largest),
          name,
        );
      }
      assert.deepEqual(second.provenance.chain, []);
      const [link, ...more] = around.provenance.chain;
      assert.equal(more.length, 0);
      assert.deepEqual(
        [link?.patch.path, link?.onto.name, link?.patch.sha256],
        [patch, 'llama-new', second.provenance.patch.sha256],
      );
    });

  it('goes on from link to link', async () => {
    await using folder = await temporaryFolder();
    const patch = join(VARIANTS, 'layers-to-transform/patch');
    const a = await run({ patch, onto: OLD, out: join(folder.path, 'a'), as: 'adapter', scale: 0.5 });
    const b = await run({ patch: a.folder, onto: NEW, out: join(folder.path, 'b'), as: 'adapter' });
    const c = await run({ patch: b.folder, onto: OLD, out: join(folder.path, 'c'), as: 'checkpoint' });
    assert.deepEqual(
      c.provenance.chain.map(({ onto, scale }) => [onto.name, scale]),
      [
        ['llama-old', 0.5],
        ['llama-new', 1],
      ],
    );
    await writeFile(join(b.folder, 'portllm.json'), '{}');
    await assert.rejects(
      run({ patch: b.folder, onto: OLD, out: join(folder.path, 'd'), as: 'checkpoint' }),
      /portllm\.json/,
    );
  });
});
