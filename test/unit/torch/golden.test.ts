/** Files that torch wrote (test/golden/torch/make_torch.py), and what torch finds in them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { isTorchFile } from '../../../src/torch/header.ts';
import { ROOT } from '../../support/paths.ts';
import { readHeader, TORCH_FILES } from './files.ts';

interface Expected {
  readonly file: string;
  readonly refused?: string;
  readonly wrapper: string | null;
  readonly ignored: readonly string[];
  readonly tensors: Readonly<Record<string, { dtype: string; shape: readonly number[]; sha256: string }>>;
}

const lines = (await readFile(join(ROOT, 'test/golden/torch/expected.jsonl'), 'utf8')).trimEnd().split('\n');
const cases = lines.map((line) => JSON.parse(line) as Expected);

async function found(path: string): Promise<Omit<Expected, 'file'>> {
  const bytes = await readFile(path);
  const { tensors, wrapper, ignored } = await readHeader(path);
  const described = [...tensors.values()].map(({ name, dtype, shape, begin, end }) => {
    const sha256 = createHash('sha256').update(bytes.subarray(begin, end)).digest('hex');
    return [name, { dtype, shape, sha256 }] as const;
  });
  return { wrapper: wrapper ?? null, ignored, tensors: Object.fromEntries(described) };
}

describe('a file that torch wrote', () => {
  it('is in the list, and the other way round', async () => {
    assert.deepEqual((await readdir(TORCH_FILES)).sort(), cases.map(({ file }) => file).sort());
  });

  for (const { file, refused, ...expected } of cases)
    it(`${file} is ${refused === undefined ? 'read' : 'refused'}`, async () => {
      const path = join(TORCH_FILES, file);
      assert.ok(isTorchFile((await readFile(path)).subarray(0, 256)));
      if (refused === undefined) return assert.deepEqual(await found(path), expected);
      await assert.rejects(readHeader(path), (error) => {
        assert.ok(error instanceof InputError);
        assert.ok(error.message.startsWith(`${path} is refused: `), error.message);
        assert.ok(error.message.includes(refused), error.message);
        assert.ok(error.message.endsWith('Nothing in it was executed.'), error.message);
        assert.match(error.hint ?? '', /save it as safetensors/);
        return true;
      });
    });
});

describe('the header', () => {
  it('gives tensors in the order of their bytes, and where the first begins', async () => {
    for (const { file } of cases.filter(({ refused }) => refused === undefined)) {
      const { tensors, dataStart } = await readHeader(join(TORCH_FILES, file));
      const begins = [...tensors.values()].map(({ begin }) => begin);
      assert.deepEqual(
        begins,
        [...begins].sort((a, b) => a - b),
      );
      assert.equal(dataStart, begins[0]);
    }
  });

  it('is identified by the pickles as they stand in the file', async () => {
    const zip = join(TORCH_FILES, 'tied.zip.bin');
    const { digestBytes, fileBytes, metadata } = await readHeader(zip);
    const bytes = await readFile(zip);
    assert.ok(bytes.includes(Buffer.from(digestBytes)));
    assert.deepEqual([digestBytes[0], digestBytes.at(-1)], [0x80, 0x2e]);
    assert.equal(fileBytes, bytes.length);
    assert.equal(metadata.size, 0);
    const legacy = join(TORCH_FILES, 'tied.legacy.bin');
    const { digestBytes: pickles, dataStart } = await readHeader(legacy);
    assert.deepEqual(Buffer.from(pickles), (await readFile(legacy)).subarray(0, dataStart - 8));
  });

  it('lets tied tensors share their bytes', async () => {
    const { tensors } = await readHeader(join(TORCH_FILES, 'tied.legacy.bin'));
    const { begin, end } = tensors.get('embed.weight')!;
    assert.deepEqual([tensors.get('lm_head.weight')?.begin, tensors.get('lm_head.weight')?.end], [begin, end]);
    assert.deepEqual([tensors.get('rows')?.begin, tensors.get('rows')?.end], [begin + 12, begin + 36]);
  });
});

it('other files are no PyTorch files', () => {
  for (const start of ['', 'P', '{"a":1}', 'PK\x05\x06', '\x80', '\x80\x01', '\x80\x06', 'GGUF'])
    assert.equal(isTorchFile(Buffer.from(start, 'latin1')), false, start);
});
