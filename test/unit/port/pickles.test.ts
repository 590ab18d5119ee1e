/** Patches and bases in PyTorch's pickles: read as data, they give what the same tensors give as safetensors. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { planPort, port } from '../../../src/port/port.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const PICKLED = join(ROOT, 'test/golden/pickled/case');
const VARIANTS = join(ROOT, 'test/golden/variants/cases');

describe('pickles', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  it('of patch and base give the same port, written as safetensors', async () => {
    await using folder = await temporaryFolder();
    const request = { as: 'checkpoint', scale: 1 } as const;
    const pickled = { patch: join(PICKLED, 'patch'), onto: join(PICKLED, 'new'), out: join(folder.path, 'p') };
    const plain = { patch: join(VARIANTS, 'layers-to-transform/patch'), onto: join(VARIANTS, 'bases/llama-new') };
    const ours = await port({ ...request, ...pickled }, kernel, 'test', IGNORE, NEVER);
    const theirs = await port({ ...request, ...plain, out: join(folder.path, 's') }, kernel, 'test', IGNORE, NEVER);
    await using one = await Checkpoint.open(ours.folder);
    await using other = await Checkpoint.open(theirs.folder);
    assert.deepEqual([...one.tensors.keys()].sort(), [...other.tensors.keys()].sort());
    for (const [name, { shard }] of one.tensors)
      assert.deepEqual(
        await shard.file.readTensor(name),
        await other.tensors.get(name)?.shard.file.readTensor(name),
        name,
      );
    assert.deepEqual(
      (await readdir(ours.folder)).filter((name) => name.includes('model')),
      ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json'],
    );
    assert.match(ours.provenance.warnings.join(), /nothing in it is executed/);
    assert.deepEqual((await verify(ours.folder, kernel, IGNORE, NEVER)).problems, []);
  });

  it('become a safetensors adapter', async () => {
    await using folder = await temporaryFolder();
    const request = {
      patch: join(PICKLED, 'patch'),
      onto: join(PICKLED, 'new'),
      out: join(folder.path, 'a'),
      scale: 1,
    };
    const { folder: out } = await port({ ...request, as: 'adapter' }, kernel, 'test', IGNORE, NEVER);
    // This reads nothing else.
    await (await TensorFile.open(join(out, 'adapter_model.safetensors'))).close();
    const plan = await planPort({ ...request, patch: out, as: 'checkpoint' });
    assert.deepEqual(plan.refusals, []);
  });

  it('that would run something are refused, with its name', async () => {
    await using folder = await temporaryFolder();
    const patch = join(folder.path, 'patch');
    await cp(join(PICKLED, 'patch'), patch, { recursive: true });
    const path = join(patch, 'adapter_model.bin');
    const bytes = await readFile(path, 'latin1');
    // The same length, so that the archive stays whole.
    await writeFile(path, bytes.replaceAll('_rebuild_tensor_v2', '_rebuild_anything!'), 'latin1');
    const planning = planPort({ patch, onto: join(PICKLED, 'new'), out: '', as: 'adapter', scale: 1 });
    await assert.rejects(
      planning,
      /adapter_model\.bin is refused: .*torch\._utils\._rebuild_anything!.*Nothing in it was executed/,
    );
  });
});
