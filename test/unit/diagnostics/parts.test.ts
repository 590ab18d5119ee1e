/** A diagnosis that is made in parts is, to the last digit, what one that is made at once is. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeSealed } from '../../../src/base/sealed.ts';
import { diagnose } from '../../../src/diagnostics/diagnose.ts';
import { diagnosisFile, readDiagnosis } from '../../../src/diagnostics/diagnosisFile.ts';
import { noSums } from '../../../src/diagnostics/figures/tensorSums.ts';
import { assembleDiagnosis } from '../../../src/diagnostics/parts/assembleDiagnosis.ts';
import { diagnosePart } from '../../../src/diagnostics/parts/diagnosePart.ts';
import { divideDiagnosis } from '../../../src/diagnostics/parts/divideDiagnosis.ts';
import { PIECE, plainDiagnosed, type DiagnoseParts } from '../../../src/diagnostics/parts/piece.ts';
import type { Diagnosed } from '../../../src/diagnostics/diagnoseTensor.ts';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { SAMPLES, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const IGNORE = (): void => undefined;
const sample = (path: string): string => join(SAMPLES, path);

describe('a diagnosis in parts', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const partsFor = (out: string, onto = sample('models/storyteller-v2')): DiagnoseParts => ({
    request: {
      ...{ patch: sample('patches/kind'), onto, from: sample('models/storyteller-v1') },
      ...{ against: sample('reference/kind-retrained'), scale: 1, directions: 4 },
    },
    out,
  });
  const compute = (parts: DiagnoseParts, index: number, count = 3, version = 'test'): Promise<unknown> =>
    diagnosePart(parts, { index, count }, kernel, version, IGNORE, NEVER);

  it('is the report of one at once, whatever the order, twice and at the same time', async () => {
    await using folder = await temporaryFolder();
    const parts = partsFor(join(folder.path, 'a.diagnosis.json'));
    await compute(parts, 3);
    await Promise.all([compute(parts, 2), compute(parts, 1), compute(parts, 2)]);
    const { diagnosis } = await assembleDiagnosis(parts.out, 'test');
    const whole = await diagnose(parts.request, kernel, IGNORE, NEVER);
    assert.equal(JSON.stringify(diagnosis), JSON.stringify(whole));
    const { made, ...written } = JSON.parse(await readFile(parts.out, 'utf8')) as { made: string };
    assert.deepEqual(
      written,
      JSON.parse(JSON.stringify({ ...diagnosisFile(whole, null, 'test', new Date()), made: undefined })),
    );
    assert.ok(made);
    await readDiagnosis(parts.out);
    assert.deepEqual(await readdir(folder.path), ['a.diagnosis.json']);
  });

  it('says which parts are missing, also where files have changed or another version computed them', async () => {
    await using folder = await temporaryFolder();
    const base = join(folder.path, 'base');
    await cp(sample('models/storyteller-v2'), base, { recursive: true });
    const parts = partsFor(join(folder.path, 'out.json'), base);
    assert.deepEqual((await divideDiagnosis(parts, 3, 'test')).missing, [1, 2, 3]);
    for (const index of [1, 3]) await compute(parts, index);
    const { missing, evidence } = await divideDiagnosis(parts, 3, 'test');
    assert.deepEqual(missing, [2]);
    await assert.rejects(assembleDiagnosis(parts.out, 'test'), {
      name: 'InputError',
      message: /10 of 30 tensors are missing/,
    });
    await compute(parts, 2);
    assert.deepEqual((await divideDiagnosis(parts, 3, 'later')).missing, [1, 2, 3]);
    await assert.rejects(assembleDiagnosis(parts.out, 'later'), /was written by PortLLM test, and this is later/);
    const piece = evidence[1]?.[0] ?? '';
    const text = await readFile(piece, 'utf8');
    await writeFile(piece, text.replace('"host"', '"hose"'));
    assert.deepEqual((await divideDiagnosis(parts, 3, 'test')).missing, [2]);
    await assert.rejects(assembleDiagnosis(parts.out, 'test'), /was damaged/);
    await writeFile(piece, text);
    await utimes(join(base, 'model-00001-of-00003.safetensors'), new Date(), new Date(0));
    assert.deepEqual((await divideDiagnosis(parts, 3, 'test')).missing, [1, 2, 3]);
    await assert.rejects(assembleDiagnosis(parts.out, 'test'), /was written from other files/);
    await rm(piece);
  });

  it('goes by the parts of one division and device, whatever earlier ones have left', async () => {
    await using folder = await temporaryFolder();
    const parts = partsFor(join(folder.path, 'out.json'));
    await compute(parts, 2, 4, 'earlier');
    await compute(parts, 1, 2);
    const { evidence, missing } = await divideDiagnosis(parts, 2, 'test');
    assert.deepEqual(missing, [2]);
    const record = evidence[0]?.[0] ?? '';
    const piece = JSON.parse(await readFile(record, 'utf8')) as object;
    await compute(parts, 2, 2);
    await compute(parts, 3, 3);
    await writeSealed(record, { ...piece, device: 'another', key: 'of another' });
    assert.deepEqual((await divideDiagnosis(parts, 2, 'test')).missing, [1], 'most are of this device');
    await assert.rejects(assembleDiagnosis(parts.out, 'test'), /was computed on|was written by/);
    await compute(parts, 1, 2);
    await assembleDiagnosis(parts.out, 'test');
  });

  it('is not divided into more parts than there are tensors, nor over a report that is there', async () => {
    await using folder = await temporaryFolder();
    const parts = partsFor(join(folder.path, 'out.json'));
    await assert.rejects(
      divideDiagnosis(parts, 31, 'test'),
      /There are 30 tensors, which cannot be divided into 31 parts/,
    );
    await assert.rejects(compute(parts, 1, 31), /There are 30 tensors/);
    assert.equal((await divideDiagnosis(parts, undefined, 'test')).count, 8);
    await writeFile(parts.out, '');
    await assert.rejects(divideDiagnosis(parts, 2, 'test'), /exists already/);
  });

  it('keeps sums that are no JSON', () => {
    const sums = { ...noSums(), weight: NaN, delta: Infinity, deltaEvolution: -Infinity, elements: 0.1 + 0.2 };
    sums.bins[3] = Infinity;
    const { tensor } = { tensor: {} } as unknown as Diagnosed;
    const plain = plainDiagnosed({ tensor, sums, known: { evolution: true, retrained: false } });
    const read = PIECE.shape.found.element.shape.sums.parse(
      (JSON.parse(JSON.stringify(plain)) as { sums: unknown }).sums,
    );
    assert.deepEqual(read, sums);
  });
});
