/** A port that is made in parts gives, byte for byte, what one that is made at once gives. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeSealed } from '../../../src/base/sealed.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { parsePart, partOf, rangeOf } from '../../../src/base/part.ts';
import { assemblePort } from '../../../src/port/parts/assemblePort.ts';
import { portPart } from '../../../src/port/parts/portPart.ts';
import { port } from '../../../src/port/port.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const PATCH = join(ROOT, 'samples/patches/kind');
const V2 = join(ROOT, 'samples/models/storyteller-v2');
const FIRST = 'model-00001-of-00003.safetensors';
const SECOND = 'model-00002-of-00003.safetensors';

describe('a port in parts', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const requestFor = (out: string, onto = V2): PortRequest => ({ patch: PATCH, onto, out, as: 'checkpoint', scale: 1 });
  const write = (request: PortRequest, index: number, count = 3, version = 'test'): Promise<unknown> =>
    portPart(request, { index, count }, kernel, version, IGNORE, NEVER);
  const together = (out: string, version = 'test'): Promise<unknown> => assemblePort(out, version, IGNORE, NEVER);

  /** The output's folder, with all of its parts written but none assembled. */
  async function withParts(use: (request: PortRequest, parts: string) => Promise<void>): Promise<void> {
    await using folder = await temporaryFolder();
    const base = join(folder.path, 'base');
    await cp(V2, base, { recursive: true });
    const request = requestFor(join(folder.path, 'out'), base);
    for (const index of [1, 2, 3]) await write(request, index);
    await use(request, join(folder.path, '.out.portllm-parts'));
  }

  it('is what a port at once is, whatever the order, twice and at the same time', async () => {
    await using folder = await temporaryFolder();
    const [whole, parts] = [requestFor(join(folder.path, 'whole')), requestFor(join(folder.path, 'parts'))];
    await port(whole, kernel, 'test', IGNORE, NEVER);
    await write(parts, 3);
    await Promise.all([write(parts, 1), write(parts, 2), write(parts, 1)]);
    await write(parts, 3);
    await together(parts.out);
    const names = (await readdir(whole.out)).sort();
    assert.deepEqual((await readdir(parts.out)).sort(), names);
    for (const name of names)
      assert.deepEqual(await readFile(join(parts.out, name)), await readFile(join(whole.out, name)), name);
    assert.deepEqual((await readdir(folder.path)).sort(), ['parts', 'whole']);
  });

  it('goes on with the shards that a part had not finished', async () => {
    await using folder = await temporaryFolder();
    const request = requestFor(join(folder.path, 'out'));
    await write(request, 1, 1);
    const parts = join(folder.path, '.out.portllm-parts');
    const [record, shard] = [join(parts, `${FIRST}.json`), join(parts, SECOND)];
    const written = (await stat(shard)).mtimeMs;
    await rm(record);
    await write(request, 1, 1);
    assert.equal((await stat(shard)).mtimeMs, written, 'the other was not written again');
    await together(request.out);
  });

  it('is refused while a part is missing, and keeps the others', () =>
    withParts(async ({ out }, parts) => {
      await rm(join(parts, `${FIRST}.json`));
      await assert.rejects(together(out), { name: 'InputError', message: /1 of 3 shards are missing: model-00001/ });
      await write(await requestOf(parts), 1);
      await together(out);
    }));

  it('is refused with a record that was damaged', () =>
    withParts(async ({ out }, parts) => {
      const record = join(parts, `${FIRST}.json`);
      await writeFile(record, (await readFile(record, 'utf8')).replace('"host"', '"hose"'));
      await assert.rejects(together(out), /model-00001.*was damaged/);
    }));

  it('is refused with one byte that is another, when it is read back', () =>
    withParts(async ({ out }, parts) => {
      const bytes = await readFile(join(parts, FIRST));
      bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
      await writeFile(join(parts, FIRST), bytes);
      await assert.rejects(together(out), { name: 'UserError', message: /cannot be read back/ });
      assert.ok((await readdir(parts)).includes(FIRST), 'the parts stay');
    }));

  it('is refused with a shard that was cut off', () =>
    withParts(async ({ out }, parts) => {
      await truncate(join(parts, FIRST), 1000);
      await assert.rejects(together(out), { name: 'InputError', message: /model-00001.*safetensors was damaged/ });
      assert.ok((await readdir(parts)).includes(FIRST), 'the parts stay');
    }));

  it('is refused with parts of another version, another arithmetic, or another base', () =>
    withParts(async (request, parts) => {
      const { out, onto } = request;
      await assert.rejects(together(out, 'later'), /was written by PortLLM test, and this is later/);
      const record = join(parts, `${FIRST}.json`);
      const text = await readFile(record, 'utf8');
      const piece = JSON.parse(text) as { device: string };
      await writeSealed(record, { ...piece, device: 'cuda fused' });
      await assert.rejects(together(out), /was computed on .*they round differently/);
      await writeFile(record, text);
      await utimes(join(onto, 'model-00002-of-00003.safetensors'), new Date(), new Date(0));
      await assert.rejects(together(out), /was written from other files/);
      for (const index of [1, 2, 3]) await write(request, index);
      await together(out);
    }));

  it('is not divided into more parts than there are shards, nor is an adapter', async () => {
    await using folder = await temporaryFolder();
    const request = requestFor(join(folder.path, 'out'));
    await assert.rejects(write(request, 1, 4), /There are 3 shards, which cannot be divided into 4 parts/);
    await assert.rejects(write({ ...request, as: 'adapter' }, 1), /An adapter is not made in parts/);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('leaves parts of another port alone', () =>
    withParts(async (request) => {
      await assert.rejects(write({ ...request, scale: 0.5 }, 1), /holds parts of another job for the same output/);
    }));

  it('is assembled only where there are parts', async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(together(join(folder.path, 'out')), { name: 'InputError' });
  });
});

async function requestOf(parts: string): Promise<PortRequest> {
  const begun = JSON.parse(await readFile(join(parts, 'request.json'), 'utf8')) as { request: PortRequest };
  return begun.request;
}

describe('parts', () => {
  it('have each thing once', () => {
    const things = [1, 2, 3, 4, 5, 6, 7];
    const all = [1, 2, 3].flatMap((index) => partOf(things, { index, count: 3 }, 'thing'));
    assert.deepEqual(all.toSorted(), things);
  });

  it('of neighbours have each thing once, in order', () => {
    const ranges = [1, 2, 3].map((index) => rangeOf(7, { index, count: 3 }, 'thing'));
    assert.deepEqual(
      ranges.map(({ from, to }) => [from, to]),
      [
        [0, 2],
        [2, 4],
        [4, 7],
      ],
    );
    assert.throws(
      () => rangeOf(1, { index: 1, count: 2 }, 'block of 128 items'),
      /There is 1 block of 128 items, which/,
    );
  });

  it('are written as i/n', () => {
    assert.deepEqual(parsePart('2/8'), { index: 2, count: 8 });
    for (const text of ['0/3', '4/3', '1', '1/0', '-1/3', 'a/b', '1/3/5'])
      assert.throws(() => parsePart(text), { name: 'InputError' }, text);
  });
});
