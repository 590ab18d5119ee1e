/** A new base whose tokens have moved: rows of embeddings and heads are ported by token, not by number. */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { readFloats } from '../../../src/patch/tensorReader.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { writeAdapter, writeTensors } from '../../support/fixtures.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const VARIANTS = join(ROOT, 'test/golden/variants/cases');
const [OLD, NEW] = ['old', 'new'].map((age) => join(VARIANTS, `bases/llama-${age}`)) as [string, string];
const TOKENS = 64;

/** Token of each row of the moved base: rotated by five, with a token in front that nobody knew. */
const MOVED = ['<new>', ...Array.from({ length: TOKENS }, (_, i) => `t${(i + 5) % TOKENS}`)];

/** Copies a base with a tokenizer; row i becomes the row of the token that is to stand there. */
async function writeBase(source: string, folder: string, tokens: readonly string[]): Promise<string> {
  await mkdir(folder);
  await using base = await Checkpoint.open(source);
  const tensors = [];
  for (const [name, { entry, shard }] of base.tensors) {
    const values = await readFloats(shard.file, name);
    const moved = /embed_tokens|lm_head/.test(name) ? moveRows(values, entry.shape[1] ?? 0, tokens) : values;
    tensors.push({
      name,
      shape: [moved.length / (entry.shape.slice(1)[0] ?? 1), ...entry.shape.slice(1)],
      values: moved,
    });
  }
  await writeTensors(join(folder, 'model.safetensors'), tensors);
  const config = JSON.parse(await readFile(join(source, 'config.json'), 'utf8')) as object;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, vocab_size: tokens.length }));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ model: { type: 'WordLevel', vocab }, added_tokens: [] }),
  );
  return folder;
}

/** A row for every token: the one of its number, zeros for a new one. */
function moveRows(values: Float32Array, width: number, tokens: readonly string[]): Float32Array {
  const result = new Float32Array(tokens.length * width);
  tokens.forEach((token, row) => {
    const old = Number(/^t(\d+)$/.exec(token)?.[1] ?? NaN);
    if (!Number.isNaN(old)) result.set(values.subarray(old * width, (old + 1) * width), row * width);
  });
  return result;
}

const PLAIN = Array.from({ length: TOKENS }, (_, i) => `t${i}`);

describe('a vocabulary that moved', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (request: Omit<PortRequest, 'scale' | 'as'> & Partial<PortRequest>): Promise<PortResult> =>
    port({ as: 'checkpoint', scale: 1, ...request }, kernel, 'test', () => undefined, NEVER);

  for (const variant of ['saved-embeddings-trained', 'modules-to-save-head', 'trainable-tokens', 'dora-embedding'])
    it(`carries ${variant} along, token by token`, async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const patch = join(VARIANTS, variant, 'patch');
      const from = await writeBase(OLD, at('old'), PLAIN);
      const onto = await writeBase(NEW, at('new'), PLAIN);
      const moved = await writeBase(NEW, at('moved'), MOVED);
      const { folder: straight } = await run({ patch, from, onto, out: at('straight') });
      const expected = await writeBase(straight, at('expected'), MOVED);
      const { folder: out, provenance } = await run({ patch, from, onto: moved, out: at('out') });
      await assertSame(out, expected);
      assert.deepEqual((await verify(out, kernel, () => undefined, NEVER)).problems, []);
      assert.match(provenance.warnings.join('\n'), /1 token added: <new> \(0\)/);
      assert.match(provenance.warnings.join('\n'), /64 tokens moved: t5 \(5 → 1\)/);
      if (variant.startsWith('dora')) return;
      const { folder: adapter } = await run({ patch, from, onto: moved, out: at('adapter'), as: 'adapter' });
      const { folder: again } = await run({ patch: adapter, from: moved, onto: moved, out: at('again') });
      await assertSame(again, expected);
    });

  it("puts the new base's tokenizer beside rows that were moved to its tokens", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const patch = at('patch');
    await cp(join(VARIANTS, 'modules-to-save-head/patch'), patch, { recursive: true });
    const [from, onto] = [await writeBase(OLD, at('old'), PLAIN), await writeBase(NEW, at('moved'), MOVED)];
    await cp(join(from, 'tokenizer.json'), join(patch, 'tokenizer.json'));
    const direct = await run({ patch, from, onto, out: at('direct') });
    const { folder: adapter } = await run({ patch, from, onto, out: at('adapter'), as: 'adapter' });
    const again = await run({ patch: adapter, from: onto, onto, out: at('again') });
    await assertSame(again.folder, direct.folder);
  });

  it('sees tokens that changed places, however many rows there are', async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const patch = join(VARIANTS, 'modules-to-save-head/patch');
    const turned = MOVED.slice(1);
    const [from, onto] = [await writeBase(OLD, at('old'), PLAIN), await writeBase(NEW, at('new'), PLAIN)];
    const { folder: straight } = await run({ patch, from, onto, out: at('straight') });
    const { folder: out } = await run({
      patch,
      from,
      onto: await writeBase(NEW, at('turned'), turned),
      out: at('out'),
    });
    await assertSame(out, await writeBase(straight, at('expected'), turned));
  });

  it('moves the bias of a head with its tokens', async () => {
    await using folder = await temporaryFolder();
    const patch = join(folder.path, 'patch');
    const key = 'base_model.model.lm_head.bias';
    await writeAdapter(patch, {}, { extra: { [key]: [TOKENS] } });
    const biases = (tokens: readonly string[]): Float32Array =>
      Float32Array.from(tokens, (token) => Number(/^t(\d+)$/.exec(token)?.[1] ?? -1));
    const base = async (name: string, tokens: readonly string[]): Promise<string> => {
      const made = await writeBase(OLD, join(folder.path, name), tokens);
      await writeTensors(join(made, 'model.safetensors'), [
        { name: 'lm_head.bias', shape: [tokens.length], values: biases(tokens) },
      ]);
      return made;
    };
    const saved = biases(PLAIN).map((value) => value * 3);
    await writeTensors(join(patch, 'adapter_model.safetensors'), [{ name: key, shape: [TOKENS], values: saved }]);
    const [from, onto] = [await base('old', PLAIN), await base('moved', MOVED)];
    const { folder: out } = await run({ patch, from, onto, out: join(folder.path, 'out') });
    await using ported = await Checkpoint.open(out);
    const values = await readFloats(ported.tensors.get('lm_head.bias')!.shard.file, 'lm_head.bias');
    assert.deepEqual([...values], [...biases(MOVED).map((value) => (value < 0 ? value : value * 3))]);
  });

  it('refuses to lose a trained token', async () => {
    await using folder = await temporaryFolder();
    const patch = join(VARIANTS, 'trainable-tokens/patch');
    const { trainable_token_indices: rows } = JSON.parse(
      await readFile(join(patch, 'adapter_config.json'), 'utf8'),
    ) as { trainable_token_indices: number[] };
    const without = PLAIN.map((token, i) => (i === rows[0] ? '<other>' : token));
    const from = await writeBase(OLD, join(folder.path, 'old'), PLAIN);
    const onto = await writeBase(NEW, join(folder.path, 'new'), without);
    const { refusals } = await planPort({ patch, from, onto, out: '', as: 'checkpoint', scale: 1 });
    assert.match(refusals[0]?.reason ?? '', new RegExp(`does not have the tokens t${rows[0]} that the patch trained`));
  });

  it('does not guess without tokenizers when the number of rows differs', async () => {
    await using folder = await temporaryFolder();
    const patch = join(VARIANTS, 'trainable-tokens/patch');
    const onto = await writeBase(NEW, join(folder.path, 'new'), MOVED);
    const { refusals } = await planPort({ patch, from: OLD, onto, out: '', as: 'checkpoint', scale: 1 });
    assert.match(refusals[0]?.reason ?? '', /without both tokenizers nobody can tell/);
  });

  it('refuses vocabularies of different kinds', async () => {
    await using folder = await temporaryFolder();
    const patch = join(VARIANTS, 'modules-to-save-head/patch');
    const from = await writeBase(OLD, join(folder.path, 'old'), PLAIN);
    const onto = await writeBase(
      NEW,
      join(folder.path, 'new'),
      PLAIN.map((token) => `other-${token}`),
    );
    const { refusals } = await planPort({ patch, from, onto, out: '', as: 'checkpoint', scale: 1 });
    assert.match(refusals[0]?.reason ?? '', /its tokenizer is of another kind/);
  });
});

async function assertSame(out: string, expected: string): Promise<void> {
  await using ours = await Checkpoint.open(out);
  await using theirs = await Checkpoint.open(expected);
  assert.deepEqual([...ours.tensors.keys()], [...theirs.tensors.keys()]);
  for (const [name, { shard }] of ours.tensors) {
    const [have, want] = [
      await readFloats(shard.file, name),
      await readFloats(theirs.tensors.get(name)!.shard.file, name),
    ];
    assert.equal(have.length, want.length, name);
    const off = have.findIndex((value, i) => Math.abs(value - (want[i] ?? NaN)) > 1e-6);
    assert.equal(off, -1, `${name}[${off}] is ${have[off]}, not ${want[off]}`);
  }
}
