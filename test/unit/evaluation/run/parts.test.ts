/** An evaluation that is made in parts gives, byte for byte, the samples of one that is made at once. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PartsFolder } from '../../../../src/base/partsFolder.ts';
import type { EvaluateRequest } from '../../../../src/evaluation/request.ts';
import { JOURNAL_FOLDER } from '../../../../src/evaluation/results/journal.ts';
import { evaluate } from '../../../../src/evaluation/run/evaluate.ts';
import { assembleEvaluation } from '../../../../src/evaluation/run/parts/assembleEvaluation.ts';
import { divideEvaluation } from '../../../../src/evaluation/run/parts/divideEvaluation.ts';
import { evaluatePart } from '../../../../src/evaluation/run/parts/evaluatePart.ts';
import { OrtKernel } from '../../../../src/kernels/runtime/ortKernel.ts';
import { CPU } from '../../../support/models.ts';
import { SAMPLES, temporaryFolder } from '../../../support/paths.ts';

const sample = (path: string): string => join(SAMPLES, path);

describe('an evaluation in parts', () => {
  let tools: Parameters<typeof evaluatePart>[2] & { readonly kernel: OrtKernel };
  before(async () => {
    const kernel = await OrtKernel.create('cpu');
    tools = {
      ...{ runtime: CPU, kernel, toolVersion: 'test' },
      ...{ sink: () => undefined, signal: new AbortController().signal },
    };
  });
  after(() => tools.kernel.release());

  const requestFor = (out: string, model = sample('models/storyteller-v2')): EvaluateRequest => ({
    columns: [
      { label: 'base', model, patches: [] },
      { label: 'ported', model, patches: [{ patch: sample('patches/kind'), scale: 1 }] },
    ],
    tasks: [sample('tasks/kind.test.jsonl'), sample('tasks/mood.test.jsonl')],
    ...{ limit: 150, bos: 'auto', bootstrapIterations: 100, seed: 1234, out },
  });
  const compute = (request: EvaluateRequest, index: number, count = 3): Promise<{ readonly items: number }> =>
    evaluatePart(request, { index, count }, tools);

  async function samplesIn(out: string): Promise<string[]> {
    const found: string[] = [];
    for (const column of (await readdir(out)).filter((name) => !name.startsWith('.')).sort())
      for (const name of (await readdir(join(out, column))).sort())
        if (name.startsWith('samples')) found.push(await readFile(join(out, column, name), 'utf8'));
    return found;
  }

  it('is what one at once is, whatever the order, twice and at the same time', async () => {
    await using folder = await temporaryFolder();
    const [whole, parts] = [requestFor(join(folder.path, 'whole')), requestFor(join(folder.path, 'parts'))];
    await evaluate(whole, { ...tools, onlyKnown: false });
    const counts = [
      await compute(parts, 3),
      ...(await Promise.all([compute(parts, 1), compute(parts, 2), compute(parts, 1)])),
    ];
    assert.equal((counts[0]?.items ?? 0) + (counts[1]?.items ?? 0) + (counts[2]?.items ?? 0), 600);
    const { items, complete } = await assembleEvaluation(parts.out, tools);
    assert.deepEqual([items.answered, complete], [600, true]);
    const samples = await samplesIn(whole.out);
    assert.equal(samples.length, 4);
    assert.deepEqual(await samplesIn(parts.out), samples);
    assert.deepEqual((await readdir(folder.path)).sort(), ['parts', 'whole']);
  });

  it('computes a block anew of which a part that was killed has answered some', async () => {
    await using folder = await temporaryFolder();
    const [whole, parts] = [requestFor(join(folder.path, 'whole')), requestFor(join(folder.path, 'parts'))];
    await evaluate(whole, { ...tools, onlyKnown: false });
    await compute(parts, 1, 1);
    const journals = join(parts.out, JOURNAL_FOLDER);
    for (const name of await readdir(journals)) {
      const lines = (await readFile(join(journals, name), 'utf8')).split('\n');
      await writeFile(join(journals, name), `${lines.slice(0, 40).join('\n')}\n{"docId": 4`);
    }
    await compute(parts, 1, 1);
    await assembleEvaluation(parts.out, tools);
    assert.deepEqual(await samplesIn(parts.out), await samplesIn(whole.out));
    // Nobody has answered anything since: there is nothing to be written down.
    const count = (await readdir(journals)).length;
    await compute(parts, 1, 1);
    assert.equal((await readdir(journals)).length, count);
  });

  it('says which parts are missing, and is not put together without them', async () => {
    await using folder = await temporaryFolder();
    const base = join(folder.path, 'base');
    await cp(sample('models/storyteller-v2'), base, { recursive: true });
    const request = requestFor(join(folder.path, 'out'), base);
    const missing = async (version = 'test'): Promise<readonly number[]> =>
      (await divideEvaluation(request, 3, { ...tools, toolVersion: version })).missing;
    assert.deepEqual(await missing(), [1, 2, 3]);
    await assert.rejects(assembleEvaluation(request.out, tools), /No part was computed/);
    for (const index of [1, 3]) await compute(request, index);
    assert.deepEqual(await missing(), [2]);
    await assert.rejects(assembleEvaluation(request.out, tools), {
      name: 'InputError',
      message: /^Answers are missing: \d+ items of base/,
    });
    await compute(request, 2);
    assert.deepEqual(await missing('later'), [1, 2, 3]);
    await assert.rejects(
      assembleEvaluation(request.out, { ...tools, toolVersion: 'later' }),
      /was written by PortLLM test/,
    );
    await utimes(join(base, 'model-00001-of-00003.safetensors'), new Date(), new Date(0));
    assert.deepEqual(await missing(), [1, 2, 3]);
    await assert.rejects(assembleEvaluation(request.out, tools), /was written from other files/);
    await rm(base, { recursive: true });
    await assert.rejects(missing(), { name: 'InputError', message: /base is left out/ });
  });

  it('is not divided into more parts than there are blocks', async () => {
    await using folder = await temporaryFolder();
    const request = requestFor(join(folder.path, 'out'));
    await assert.rejects(
      divideEvaluation(request, 9, tools),
      /There are 8 blocks of 128 items, which cannot be divided into 9/,
    );
    await assert.rejects(compute(request, 1, 9), /There are 8 blocks of 128 items/);
    assert.equal((await divideEvaluation(request, undefined, tools)).count, 8);
    await assert.rejects(
      divideEvaluation({ ...request, limit: 10 }, undefined, tools),
      /holds parts of another job for the same output/,
    );
    await new PartsFolder(request.out).remove();
  });
});
