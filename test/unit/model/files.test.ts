/** Weights are mapped from wherever and however they lie; what is read is what was stored. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join, posix, win32 } from 'node:path';
import { describe, it } from 'node:test';
import type { GraphRuntime } from '../../../src/kernels/graphRuntime.ts';
import type { LoadedModel } from '../../../src/model/loadedModel.ts';
import { belowRoot, loadWeights } from '../../../src/model/weights/loadWeights.ts';
import { NO_OVERLAY, overlaid } from '../../../src/model/weights/overlay.ts';
import type { Weight } from '../../../src/model/weights/weight.ts';
import { Network } from '../../../src/model/network.ts';
import {
  caseFolder,
  changedCase,
  CPU,
  largestDifference,
  openModel,
  OTHER_DEVICE,
  tensorsOf,
  writeModel,
  type FloatTensor,
} from '../../support/models.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const ROWS = [{ prefix: [3, 17, 42, 9, 60, 1, 33, 21], branches: [] }];
const GOLDEN = join(ROOT, 'test/golden');
const { signal } = new AbortController();

async function logits(model: LoadedModel): Promise<Float32Array> {
  await using network = model.network();
  return await network.logits(ROWS);
}

async function logitsOf(
  folder: string,
  memory?: 'resident' | 'mapped',
  runtime: GraphRuntime = CPU,
): Promise<Float32Array> {
  await using model = await openModel(folder, { runtime, ...(memory === undefined ? {} : { memory }) });
  assert.deepEqual(model.unused, []);
  return await logits(model);
}

/** The same file with `bytes` of white space behind its header, so that tensors begin at odd places. */
async function shift(path: string, bytes: number): Promise<void> {
  const file = await readFile(path);
  const length = Number(file.readBigUInt64LE());
  const header = Buffer.concat([file.subarray(8, 8 + length), Buffer.alloc(bytes, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  await writeFile(path, Buffer.concat([size, header, file.subarray(8 + length)]));
}

describe('a weight', () => {
  for (const name of ['llama2-f32', 'llama-f16-sharded', 'gemma3-text'])
    it(`may begin at an odd place of its file: ${name}`, async () => {
      await using folder = await temporaryFolder();
      const odd = join(folder.path, 'odd');
      await changedCase(name, odd, {});
      for (const file of await readdir(odd))
        if (/^model.*safetensors$/.test(file)) await shift(join(odd, file), file.includes('00002') ? 3 : 1);
      for (const memory of ['resident', 'mapped'] as const)
        assert.deepEqual(await logitsOf(odd, memory), await logitsOf(caseFolder(name), memory));
      assert.deepEqual(
        await logitsOf(odd, undefined, OTHER_DEVICE),
        await logitsOf(caseFolder(name), undefined, OTHER_DEVICE),
      );
    });

  it('may be a link into the blobs of a Hugging Face cache', async () => {
    await using folder = await temporaryFolder();
    const repository = join(folder.path, 'models--golden--llama');
    const [blobs, snapshot] = [join(repository, 'blobs'), join(repository, 'snapshots', '0123')];
    await mkdir(snapshot, { recursive: true });
    await cp(caseFolder('llama-f16-sharded'), blobs, { recursive: true });
    for (const file of await readdir(blobs)) {
      await rename(join(blobs, file), join(blobs, `blob of ${file}`));
      await symlink(join('../../blobs', `blob of ${file}`), join(snapshot, file));
    }
    for (const memory of ['resident', 'mapped'] as const)
      assert.deepEqual(await logitsOf(snapshot, memory), await logitsOf(caseFolder('llama-f16-sharded'), memory));
  });

  it('lies below the root of its path, of a drive or a share too', () => {
    assert.deepEqual(belowRoot('/home/ü b/model.safetensors', posix), {
      root: '/',
      location: 'home/ü b/model.safetensors',
    });
    assert.deepEqual(belowRoot('D:\\models\\a\\model.safetensors', win32), {
      root: 'D:\\',
      location: 'models/a/model.safetensors',
    });
    assert.deepEqual(belowRoot('\\\\server\\share\\a\\model.safetensors', win32), {
      root: '\\\\server\\share\\',
      location: 'a/model.safetensors',
    });
  });

  it('is refused where others are on another drive', async () => {
    await using model = await openModel(caseFolder('llama2-f32'));
    const { checkpoint, architecture } = model;
    const stored = await loadWeights(checkpoint, architecture, 'mapped', () => undefined, signal);
    const moved = new Map<string, Weight>(stored);
    const norm = stored.get('model.layers.1.input_layernorm.weight');
    assert.ok(norm?.place === 'mapped' && norm.root === '/');
    moved.set(norm.name, { ...norm, root: 'D:\\' });
    const weights = overlaid(architecture, moved, NO_OVERLAY);
    await using network = new Network({ architecture, weights, runtime: CPU, memory: 'mapped', scales: [] });
    await assert.rejects(network.logits(ROWS), /on several drives \(\/, D:\\\)/);
  });

  it('is missed when its file changes', async () => {
    await using folder = await temporaryFolder();
    const copy = join(folder.path, 'copy');
    await changedCase('llama-bf16', copy, {});
    await using model = await openModel(copy, { memory: 'mapped' });
    await logits(model);
    await model.assertUnchanged();
    await cp(join(caseFolder('llama-linear'), 'model.safetensors'), join(folder.path, 'other'));
    await rename(join(folder.path, 'other'), join(copy, 'model.safetensors'));
    await assert.rejects(model.assertUnchanged(), /changed while it was being read/);
  });
});

describe('weights that are not mapped', () => {
  it('are read from pickles', async () => {
    const base = join(GOLDEN, 'variants/cases/bases/llama-new');
    for (const memory of ['resident', 'mapped'] as const)
      assert.deepEqual(await logitsOf(join(GOLDEN, 'pickled/case/new'), memory), await logitsOf(base, memory));
  });

  it('are block-scaled FP8 times its scales', async () => {
    await using folder = await temporaryFolder();
    const source = join(GOLDEN, 'float8/case/new');
    await dequantise(source, folder.path);
    const wanted = await logitsOf(folder.path);
    assert.ok(Math.max(...wanted) - Math.min(...wanted) > 0.1);
    for (const memory of ['resident', 'mapped'] as const)
      assert.equal(largestDifference(await logitsOf(source, memory), wanted), 0);
    assert.ok(largestDifference(await logitsOf(source, undefined, OTHER_DEVICE), wanted) <= 1e-5);
  });

  it('are read with progress, and not after they were cancelled', async () => {
    await using model = await openModel(caseFolder('llama-bf16'), { memory: 'mapped' });
    const { checkpoint, architecture } = model;
    const reports: number[] = [];
    await loadWeights(checkpoint, architecture, 'resident', ({ tensorsDone }) => reports.push(tensorsDone), signal);
    assert.equal(reports.at(-1), checkpoint.tensors.size);
    const cancelled = loadWeights(checkpoint, architecture, 'resident', () => undefined, AbortSignal.abort());
    await assert.rejects(cancelled, /Cancelled/);
  });
});

/** An FP8 base in float32: each code's value (torch's, in codes.json) times the scale of its block of 16 × 16. */
async function dequantise(source: string, out: string): Promise<void> {
  const { codes } = JSON.parse(readFileSync(join(source, '../codes.json'), 'utf8')) as { codes: (number | null)[] };
  const file = await readFile(join(source, 'model.safetensors'));
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const bytesOf = (name: string): Buffer => {
    const [begin = 0, end = 0] = header[name]?.data_offsets ?? [];
    return Buffer.from(file.subarray(8 + length + begin, 8 + length + end));
  };
  const tensors: FloatTensor[] = [];
  for (const [name, { dtype, shape }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const bytes = bytesOf(name);
    const [, columns = 1] = shape;
    if (dtype === 'BF16') {
      const values = Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
        const bits = Buffer.alloc(4);
        bits.writeUInt16LE(bytes.readUInt16LE(2 * i), 2);
        return bits.readFloatLE();
      });
      tensors.push({ name, shape, values });
    }
    if (dtype !== 'F8_E4M3') continue;
    const scales = bytesOf(`${name}_scale_inv`);
    const across = Math.ceil(columns / 16);
    const values = Float32Array.from(bytes, (code, i) => {
      const block = Math.floor(i / columns / 16) * across + Math.floor((i % columns) / 16);
      return Math.fround((codes[code] ?? NaN) * scales.readFloatLE(4 * block));
    });
    tensors.push({ name, shape, values });
  }
  await writeModel(out, 'llama-bf16', tensors);
  const config = JSON.parse(await readFile(join(source, 'config.json'), 'utf8')) as object;
  await writeFile(join(out, 'config.json'), JSON.stringify({ ...config, quantization_config: undefined }));
}

describe('a head that is stored beside an embedding which config.json ties it to', () => {
  const withHead = async (folder: string, change: (values: Float32Array) => Float32Array): Promise<void> => {
    const tensors = await tensorsOf(caseFolder('llama-bf16'));
    const embedding = tensors.find(({ name }) => name === 'model.embed_tokens.weight') ?? assert.fail();
    const head = { ...embedding, name: 'lm_head.weight', values: change(embedding.values.slice()) };
    await writeModel(folder, 'llama-bf16', [...tensors, head]);
  };

  it('is the embedding where the two are equal', async () => {
    await using folder = await temporaryFolder();
    await withHead(folder.path, (values) => values);
    await using model = await openModel(folder.path);
    assert.ok(model.architecture.tied);
    assert.ok(largestDifference(await logitsOf(folder.path), await logitsOf(caseFolder('llama-bf16'))) <= 1e-5);
  });

  it('is its own where they differ, as transformers 5 has it', async () => {
    await using folder = await temporaryFolder();
    await withHead(folder.path, (values) => values.map((value, i) => (i < 32 ? 2 * value : value)));
    const plain = await logitsOf(caseFolder('llama-bf16'));
    const found = await logitsOf(folder.path);
    const wanted = plain.map((logit, i) => (i % 64 === 0 ? 2 * logit : logit));
    assert.ok(largestDifference(found, wanted) <= 1e-5);
    assert.ok(largestDifference(found, plain) > 0.05);
  });
});
