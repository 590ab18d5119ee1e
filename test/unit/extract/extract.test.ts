/** A patch out of a fine-tuned checkpoint: what went in comes out, and says how much of it is kept. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { extract } from '../../../src/extract/extract.ts';
import type { ExtractForm, ExtractResult } from '../../../src/extract/types.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { readFloats } from '../../../src/patch/tensorReader.ts';
import { port } from '../../../src/port/port.ts';
import { LLAMA_CONFIG, writeCheckpoint } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const VARIANTS = join(ROOT, 'test/golden/variants/cases');
const [OLD, NEW] = ['llama-old', 'llama-new'].map((name) => join(VARIANTS, 'bases', name)) as [string, string];

describe('extract', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (tuned: string, out: string, form: ExtractForm, from = OLD): Promise<ExtractResult> =>
    extract({ tuned, from, out, form }, kernel, 'test', IGNORE, NEVER);
  const ported = async (patch: string, out: string, from: string | undefined, onto = NEW): Promise<string> =>
    (await port({ patch, from, onto, out, as: 'checkpoint', scale: 1 }, kernel, 'test', IGNORE, NEVER)).folder;

  /** Cases whose Δ is a LoRA of rank 4, or LoRA and trained vectors, on Llama, GPT-2 and a base with biases. */
  for (const [variant, base, old] of [
    ['layers-to-transform', 'llama', undefined],
    ['mica', 'llama', undefined],
    ['bias-all-gpt2', 'gpt2', 'gpt2-old'],
    ['bias-all', 'llama-bias', 'llama-bias-old'],
    ['modules-to-save-embeddings', 'llama', 'llama-old'],
  ] as const)
    for (const form of [
      { kind: 'full' },
      { kind: 'rank', rank: 32 },
      { kind: 'energy', share: 1, maxRank: 64 },
    ] as const)
      it(`gives back ${variant}, as ${form.kind}`, async () => {
        await using folder = await temporaryFolder();
        const at = (name: string): string => join(folder.path, name);
        const [from, onto] = ['old', 'new'].map((age) => join(VARIANTS, 'bases', `${base}-${age}`)) as [string, string];
        const patch = join(VARIANTS, variant, 'patch');
        const tuned = await ported(patch, at('tuned'), old && from, from);
        const { extraction } = await run(tuned, at('patch'), form, from);
        for (const { kept } of extraction.tensors) assert.ok(kept > 1 - 1e-5, `keeps ${kept}`);
        const direct = await ported(patch, at('direct'), old && from, onto);
        await assertClose(await ported(at('patch'), at('again'), from, onto), direct, onto);
      });

  it('finds the ranks that keep a share, and says what is lost', async () => {
    await using folder = await temporaryFolder();
    const tuned = await ported(join(VARIANTS, 'layers-to-transform/patch'), join(folder.path, 'tuned'), undefined, OLD);
    const { extraction, folder: out } = await run(tuned, join(folder.path, 'patch'), {
      kind: 'energy',
      share: 0.5,
      maxRank: 64,
    });
    for (const { rank, kept } of extraction.tensors)
      assert.ok((rank ?? 9) < 4 && kept >= 0.5 && kept < 1, `rank ${rank} keeps ${kept}`);
    const config = JSON.parse(await readFile(join(out, 'adapter_config.json'), 'utf8')) as { r: number };
    assert.ok(config.r < 4);
    assert.deepEqual(extraction.warnings, []);
    assert.deepEqual((await readdir(out)).sort(), [
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      'portllm-extraction.json',
    ]);
  });

  it('says how lossy a 16-bit source is', async () => {
    await using folder = await temporaryFolder();
    const bases = ['old', 'new'].map((age) => join(VARIANTS, 'bases', `llama-bf16-${age}`)) as [string, string];
    const { extraction } = await run(bases[1], join(folder.path, 'patch'), { kind: 'full' }, bases[0]);
    assert.match(extraction.warnings.join(), /stored in 16 bits: about \d+(\.\d+)? % of ‖Δ‖ is their rounding/);
    // Rounding to bf16 leaves about 0.0016 of the spread, and the change is 0.05 of it.
    for (const { shape, roundingShare } of extraction.tensors.filter((tensor) => tensor.shape.length === 2))
      assert.ok(roundingShare > 0.025 && roundingShare < 0.045, `[${shape.join(', ')}]: ${roundingShare}`);
  });

  it('refuses what does not belong together, and leaves nothing behind', async () => {
    await using folder = await temporaryFolder();
    const [a, b, out] = ['a', 'b', 'out'].map((name) => join(folder.path, name)) as [string, string, string];
    await writeCheckpoint(a, [{ 'model.norm.weight': [8] }]);
    await writeCheckpoint(b, [{ 'model.norm.weight': [9] }], 'F32', LLAMA_CONFIG);
    await assert.rejects(
      run(a, out, { kind: 'full' }, b),
      /model\.norm\.weight is \[8\] in the fine-tuned model and \[9\]/,
    );
    await assert.rejects(run(a, out, { kind: 'full' }, OLD), /llama-old has no tensor|in the fine-tuned model and/);
    await assert.rejects(run(OLD, out, { kind: 'full' }), /hold the same weights/);
    await assert.rejects(run(a, join(a, 'out'), { kind: 'full' }, b), /lies inside|in the fine-tuned model/);
    assert.deepEqual((await readdir(folder.path)).sort(), ['a', 'b']);
  });
});

/** ‖difference‖/‖Δ‖ ≤ 1e-3 in every tensor that changed; the others byte for byte. */
async function assertClose(out: string, expected: string, base: string): Promise<void> {
  await using ours = await Checkpoint.open(out);
  await using theirs = await Checkpoint.open(expected);
  await using before = await Checkpoint.open(base);
  for (const [name, { shard }] of ours.tensors) {
    const [have, want, was] = [
      await readFloats(shard.file, name),
      await readFloats(theirs.tensors.get(name)!.shard.file, name),
      await readFloats(before.tensors.get(name)!.shard.file, name),
    ];
    const norm = (of: (i: number) => number): number => Math.sqrt(have.reduce((sum, _, i) => sum + of(i) ** 2, 0));
    const [off, delta] = [norm((i) => (have[i] ?? 0) - (want[i] ?? 0)), norm((i) => (want[i] ?? 0) - (was[i] ?? 0))];
    assert.ok(off <= 1e-3 * delta, `${name}: ${off} of ${delta}`);
  }
}
