/** What a port promises, on the samples: sources untouched, exact copies, rounding once, provenance that verifies. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CancelledError } from '../../../src/base/errors.ts';
import { sha256OfFile } from '../../../src/base/hash.ts';
import type { Progress } from '../../../src/base/progress.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import type { Provenance } from '../../../src/port/provenance.ts';
import { writeProvenance } from '../../../src/port/provenanceFile.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { SAMPLES, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const NEW = join(SAMPLES, 'models/storyteller-v2');
const OLD = join(SAMPLES, 'models/storyteller-v1');
const MOOD = join(SAMPLES, 'patches/mood');

describe('port', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const run = (
    request: Partial<PortRequest> & { out: string },
    sink: (progress: Progress) => void = () => undefined,
    signal = NEVER,
  ): Promise<PortResult> =>
    port({ patch: MOOD, onto: NEW, as: 'checkpoint', scale: 1, ...request }, kernel, 'test', sink, signal);

  it('leaves the sources as they were', async () => {
    await using folder = await temporaryFolder();
    const earlier = await hashes(join(SAMPLES, 'models'), join(SAMPLES, 'patches'));
    await run({ out: join(folder.path, 'out'), from: OLD });
    assert.deepEqual(await hashes(join(SAMPLES, 'models'), join(SAMPLES, 'patches')), earlier);
  });

  it('with scale 0 gives the new base byte for byte, side files and index too', async () => {
    await using folder = await temporaryFolder();
    const { folder: out } = await run({ out: join(folder.path, 'out'), scale: 0 });
    const [ours, theirs] = [await hashes(out), await hashes(NEW)];
    for (const [name, hash] of theirs) assert.equal(ours.get(name), hash, name);
    assert.deepEqual(
      [...ours.keys()].filter((name) => !theirs.has(name)),
      ['README.md', 'portllm.json'],
    );
  });

  it('records inputs, norms and hashes, the same bytes each time', async () => {
    await using folder = await temporaryFolder();
    const first = await run({ out: join(folder.path, 'one') });
    const second = await run({ out: join(folder.path, 'two') });
    assert.deepEqual(await hashes(first.folder), await hashes(second.folder));
    const { provenance } = first;
    assert.equal(provenance.patch.sha256, await sha256OfFile(join(MOOD, 'adapter_model.safetensors')));
    assert.equal(provenance.newBase.configSha256, await sha256OfFile(join(NEW, 'config.json')));
    assert.equal(provenance.tensors.length + provenance.untouched.length, 56);
    const headers = provenance.files.flatMap(({ headerSha256 }) => headerSha256 ?? []);
    assert.deepEqual(
      headers,
      provenance.newBase.files.map(({ headerSha256 }) => headerSha256),
    );
    // samples/README.md, measured by transformers and peft: ‖Δ‖ 12.31, ‖W‖ 70.66 (of version 1; version 2 is close).
    const total = Math.hypot(...provenance.tensors.map(({ deltaNorm }) => deltaNorm));
    assert.equal(total.toFixed(2), '12.31');
    const weights = Math.hypot(...provenance.tensors.map(({ measured }) => measured?.weightNorm ?? NaN));
    assert.ok(weights > 69 && weights < 73, String(weights));
    const card = await readFile(join(first.folder, 'README.md'), 'utf8');
    assert.match(
      card,
      /^---\nbase_model: ".*storyteller-v2"\nbase_model_relation: merge\nlibrary_name: transformers\n/,
    );
  });

  it('lets strangers’ words become nothing in the model card', async () => {
    await using folder = await temporaryFolder();
    const onto = join(folder.path, 'a`b');
    await cp(NEW, onto, { recursive: true });
    const config = join(onto, 'config.json');
    const hostile = 'X</h1><img src=x onerror=1>\n# Injected [l](command:x)';
    await writeFile(config, (await readFile(config, 'utf8')).replace('"LlamaForCausalLM"', JSON.stringify(hostile)));
    const { folder: out } = await run({ out: join(folder.path, 'out'), onto });
    const card = await readFile(join(out, 'README.md'), 'utf8');
    assert.ok(card.includes('\\<img src=x onerror=1\\> \\# Injected \\[l\\](command:x)'), card);
    assert.doesNotMatch(card, /^# Injected|[^\\]<img/m);
    assert.ok(card.includes('# mood on a\\`b\n'));
  });

  it('re-bases an adapter: weights byte for byte, the configuration pointing to the new base', async () => {
    await using folder = await temporaryFolder();
    const { folder: out, provenance } = await run({ out: join(folder.path, 'out'), as: 'adapter' });
    const weights = 'adapter_model.safetensors';
    assert.equal(await sha256OfFile(join(out, weights)), await sha256OfFile(join(MOOD, weights)));
    const [config, source] = [await readConfig(out), await readConfig(MOOD)];
    assert.equal(config.base_model_name_or_path, NEW);
    assert.deepEqual({ ...config, base_model_name_or_path: '' }, { ...source, base_model_name_or_path: '' });
    assert.deepEqual(provenance.tensors[0]?.measured, null);
    assert.deepEqual((await verify(out, kernel, () => undefined, NEVER)).problems, []);
  });

  it('mends the names that wrappers leave, announces it, and writes them as PEFT does', async () => {
    await using folder = await temporaryFolder();
    const [patch, weights] = [join(folder.path, 'patch'), 'adapter_model.safetensors'];
    await cp(MOOD, patch, { recursive: true });
    await renameTensors(join(patch, weights), (name) =>
      name.replace('base_model.model.', '_orig_mod.').replace('.weight', '.default.weight'),
    );
    const plain = await run({ out: join(folder.path, 'plain') });
    const mended = await run({ patch, out: join(folder.path, 'mended') });
    assert.deepEqual(mended.provenance.untouched, plain.provenance.untouched);
    assert.deepEqual(mended.provenance.tensors, plain.provenance.tensors);
    const { folder: out } = await run({ patch, out: join(folder.path, 'adapter'), as: 'adapter' });
    assert.equal(await sha256OfFile(join(out, weights)), await sha256OfFile(join(MOOD, weights)));
    const plan = await planPort({ patch, onto: NEW, out: '', as: 'adapter', scale: 1 });
    const announced =
      'without _orig_mod. (torch.compile), with base_model.model. in front, without the adapter name, same name';
    assert.deepEqual([...new Set(plan.items.map(({ rule }) => rule))], [announced]);
  });

  it('puts the scale of an adapter into alpha and its patterns', async () => {
    await using folder = await temporaryFolder();
    const patch = join(SAMPLES, 'patches/kind');
    const { folder: out } = await run({ patch, out: join(folder.path, 'out'), as: 'adapter', scale: 0.5 });
    const config = await readConfig(out);
    assert.deepEqual([config.lora_alpha, config.alpha_pattern], [8, { down_proj: 4 }]);
    const plan = await planPort({ patch: out, onto: NEW, out: '', as: 'adapter', scale: 1 });
    const original = await planPort({ patch, onto: NEW, out: '', as: 'adapter', scale: 1 });
    assert.deepEqual(
      plan.items.map(({ scaling }) => (scaling ?? 0) * 2),
      original.items.map(({ scaling }) => scaling),
    );
  });

  it('names a base of the Hugging Face cache by its repository and revision', async () => {
    await using folder = await temporaryFolder();
    const onto = await makeCache(folder.path);
    const { provenance, folder: out } = await run({ onto, out: join(folder.path, 'out'), as: 'adapter' });
    assert.deepEqual([provenance.newBase.name, provenance.newBase.revision], ['org/storyteller', 'abc123']);
    assert.match(provenance.newBase.files[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
    const config = await readConfig(out);
    assert.deepEqual([config.base_model_name_or_path, config.revision], ['org/storyteller', 'abc123']);
  });

  it('cancels between tensors and leaves nothing behind', async () => {
    await using folder = await temporaryFolder();
    const controller = new AbortController();
    const sink = ({ tensorsDone }: Progress): void => {
      if (tensorsDone > 0) controller.abort();
    };
    await assert.rejects(run({ out: join(folder.path, 'out') }, sink, controller.signal), CancelledError);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('does not replace what appears under the final name meanwhile', async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    let made: Promise<unknown> | undefined;
    const sink = ({ phase }: Progress): void => {
      if (phase === 'Bringing to the disk') made ??= mkdir(out).then(() => writeFile(join(out, 'precious'), ''));
    };
    await assert.rejects(run({ out }, sink), /out exists already/);
    assert.deepEqual(await readdir(folder.path, { recursive: true }), ['out', join('out', 'precious')]);
  });

  describe('verify', () => {
    const spoils: Record<string, { spoil: (out: string) => Promise<unknown>; says: RegExp }> = {
      'a changed byte of a touched tensor': {
        spoil: (out) => flip(join(out, 'model-00003-of-00003.safetensors'), -1000),
        says: /tensor model\.layers\.\d.* is not as it was written/,
      },
      'a changed side file': {
        spoil: (out) => writeFile(join(out, 'tokenizer_config.json'), '{}'),
        says: /tokenizer_config\.json is not as it was written/,
      },
      'a shard relabelled to another dtype': {
        spoil: (out) => rewrite(join(out, 'model-00001-of-00003.safetensors'), '"BF16"', '"F16" '),
        says: /model-00001-of-00003\.safetensors is not as it was written/,
      },
      'a file that does not belong': {
        spoil: (out) => writeFile(join(out, 'modeling_evil.py'), ''),
        says: /modeling_evil\.py is not part of the output/,
      },
      'a truncated shard': {
        spoil: (out) => truncate(join(out, 'model-00002-of-00003.safetensors'), 5000),
        says: /model-00002-of-00003\.safetensors is not as it was written/,
      },
      'a missing file': {
        spoil: (out) => rename(join(out, 'README.md'), join(dirname(out), 'moved')),
        says: /README\.md: it does not exist/,
      },
      'a patch that is not the one that was ported': {
        spoil: (out) => replaceInProvenance(out, MOOD, join(SAMPLES, 'reference/mood-retrained')),
        says: /The patch at .* is not the one that was ported|elements differ/,
      },
    };
    for (const [name, { spoil, says }] of Object.entries(spoils))
      it(`finds ${name}`, async () => {
        await using folder = await temporaryFolder();
        const { folder: out } = await run({ out: join(folder.path, 'out') });
        await spoil(out);
        const { ok, problems } = await verify(out, kernel, () => undefined, NEVER);
        assert.equal(ok, false);
        assert.match(problems.join('\n'), says);
      });

    it('takes no file name of portllm.json for a path', async () => {
      await using folder = await temporaryFolder();
      const { folder: out } = await run({ out: join(folder.path, 'out') });
      await replaceInProvenance(out, '"tokenizer.json"', '"../../../etc/passwd"');
      await assert.rejects(
        verify(out, kernel, () => undefined, NEVER),
        /portllm\.json: files/,
      );
    });

    it('says so when the inputs are gone', async () => {
      await using folder = await temporaryFolder();
      const { folder: out } = await run({ out: join(folder.path, 'out') });
      await replaceInProvenance(out, NEW, join(folder.path, 'gone'));
      const { ok, problems, recomputed } = await verify(out, kernel, () => undefined, NEVER);
      assert.deepEqual([ok, recomputed], [false, null]);
      assert.match(problems[0] ?? '', /recorded inputs cannot be read/);
    });
  });
});

async function hashes(...folders: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of folders)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name);
        found.set(relative(folder, path), await sha256OfFile(path));
      }
  return new Map([...found].sort());
}

async function readConfig(folder: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
}

/** models--org--storyteller with blobs named by their hashes and a snapshot of links, as huggingface_hub makes it. */
async function makeCache(folder: string): Promise<string> {
  const repository = join(folder, 'hub', 'models--org--storyteller');
  const snapshot = join(repository, 'snapshots', 'abc123');
  await mkdir(join(repository, 'blobs'), { recursive: true });
  await mkdir(snapshot, { recursive: true });
  for (const name of await readdir(NEW)) {
    const blob = await sha256OfFile(join(NEW, name));
    await cp(join(NEW, name), join(repository, 'blobs', blob));
    await symlink(join('..', '..', 'blobs', blob), join(snapshot, name));
  }
  return snapshot;
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Gives every tensor of a file another name. */
async function renameTensors(path: string, to: (name: string) => string): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>;
  const renamed = Object.entries(header).map(([name, entry]) => [name === '__metadata__' ? name : to(name), entry]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(renamed)));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([start, json, bytes.subarray(8 + length)]));
}

async function rewrite(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'latin1');
  assert.ok(text.includes(from));
  await writeFile(path, text.replaceAll(from, to), 'latin1');
}

async function replaceInProvenance(out: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(out, 'portllm.json'), 'utf8');
  await writeProvenance(out, JSON.parse(text.replaceAll(from, to)) as Provenance);
}
