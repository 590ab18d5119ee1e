/** Matrices of the sample library: stopped, continued, changed, and against evaluations of the same. */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PartsFolder } from '../../../../src/base/partsFolder.ts';
import { MatrixFolder } from '../../../../src/evaluation/matrix/matrixFolder.ts';
import { matrixState } from '../../../../src/evaluation/matrix/matrixState.ts';
import { assembleMatrix } from '../../../../src/evaluation/matrix/parts.ts';
import { planMatrix } from '../../../../src/evaluation/matrix/planMatrix.ts';
import { runMatrix, runMatrixPart, type MatrixTools } from '../../../../src/evaluation/matrix/runMatrix.ts';
import type { MatrixSpec } from '../../../../src/evaluation/matrix/spec.ts';
import { compareResults } from '../../../../src/evaluation/results/compare.ts';
import { readResults } from '../../../../src/evaluation/results/readResults.ts';
import { holm } from '../../../../src/evaluation/statistics/holm.ts';
import { OrtKernel } from '../../../../src/kernels/runtime/ortKernel.ts';
import { readProvenance } from '../../../../src/port/provenanceFile.ts';
import { CPU } from '../../../support/models.ts';
import { SAMPLES, temporaryFolder } from '../../../support/paths.ts';

const NEVER = new AbortController().signal;
const sample = (path: string): string => join(SAMPLES, path);
const SPEC: MatrixSpec = {
  patches: { kind: sample('patches/kind'), mood: sample('patches/mood') },
  bases: { v1: sample('models/storyteller-v1'), v2: sample('models/storyteller-v2') },
  tasks: [sample('tasks/kind.test.jsonl'), sample('tasks/mood.test.jsonl')],
  retrained: { v2: { kind: sample('reference/kind-retrained') } },
  limit: 60,
};

describe('a matrix', () => {
  let tools: MatrixTools & { readonly kernel: OrtKernel };
  before(async () => {
    const kernel = await OrtKernel.create('cpu');
    tools = { runtime: CPU, kernel, toolVersion: 'test', sink: () => undefined, signal: NEVER };
  });
  after(() => tools.kernel.release());

  async function begun(out: string, spec: MatrixSpec = SPEC): Promise<MatrixFolder> {
    const folder = new MatrixFolder(out);
    await folder.begin('small', spec, 'test');
    return folder;
  }
  const missingIn = async (folder: MatrixFolder): Promise<string[]> => {
    const { spec } = await folder.read();
    return (await planMatrix(spec, folder, tools)).missing.map(({ what }) => what);
  };

  it('says of every cell what a comparison of its results says, with all tests corrected together', async () => {
    await using scratch = await temporaryFolder();
    const { out, results } = await begun(join(scratch.path, 'out'));
    await runMatrix(out, tools);
    const state = await assembleMatrix(out, NEVER);
    assert.deepEqual([state.done, state.total, state.tests], [14, 14, 8]);
    const all = await readResults(results);
    const ps: number[] = [];
    for (const [i, { patch }] of state.rows.entries())
      for (const [j, { base, task }] of state.columns.entries()) {
        const columns = [base, `${base} + ${patch}`, `${base} + ${patch} (retrained)`].flatMap(
          (label) => all.find((column) => column.label === label) ?? [],
        );
        const { tables } = await compareResults(columns);
        const table = tables.find((one) => one.task === task);
        const cell = state.cells[i]?.[j];
        const difference = table?.differences.find(({ column, against }) => column === 1 && against === 0);
        assert.equal(cell?.score?.value, table?.cells[1]?.value);
        assert.equal(state.bases[j]?.value, table?.cells[0]?.value);
        assert.equal(cell?.difference?.value, difference?.difference);
        assert.equal(cell?.difference?.low, difference?.interval.low);
        assert.equal(cell?.recovery?.value ?? undefined, table?.recoveries[0]?.recovery.value);
        ps.push(difference?.test?.p ?? NaN);
      }
    const corrected = state.cells.flat().map(({ difference }) => difference?.p);
    assert.deepEqual(corrected, holm(ps));
    assert.equal(state.cells[0]?.[2]?.difference?.verdict, 'better', 'kind on v2 answers its own task');
    const csv = (await readFile(join(out, 'matrix.csv'), 'utf8')).trimEnd().split('\r\n');
    assert.equal(csv.length, 1 + 2 * 4);
    assert.match(csv[1] ?? '', /^kind,1,v1,kind\.test,acc,/);
  });

  it('shows what is there while it fills, and goes on with the rest', async () => {
    await using scratch = await temporaryFolder();
    const folder = await begun(join(scratch.path, 'out'));
    // The base v1 on its first task, then kind on it.
    for (const index of [1, 3]) await runMatrixPart(folder.out, { index, count: 14 }, tools);
    const state = await matrixState(folder.out, NEVER);
    assert.equal(state.done, 2);
    const [[first, second] = [], [below] = []] = state.cells;
    assert.ok(first?.difference, 'both of its columns are there');
    assert.deepEqual([second?.score, below?.score], [null, null]);
    assert.ok(state.bases[0]);
    await assert.rejects(assembleMatrix(folder.out, NEVER), {
      name: 'InputError',
      message: /12 parts of 14 are missing/,
    });
    assert.equal((await missingIn(folder)).length, 12);
    const controller = new AbortController();
    const stopping = { ...tools, signal: controller.signal, sink: () => controller.abort() };
    await assert.rejects(runMatrix(folder.out, stopping), { name: 'CancelledError' });
    await runMatrix(folder.out, tools);
    assert.deepEqual(await missingIn(folder), []);
  });

  it('computes again what was computed from other files, or by another version, and nothing else', async () => {
    await using scratch = await temporaryFolder();
    const base = join(scratch.path, 'base');
    await cp(sample('models/storyteller-v2'), base, { recursive: true });
    const folder = await begun(join(scratch.path, 'out'), {
      ...SPEC,
      bases: { base },
      retrained: undefined,
      limit: 10,
    });
    await runMatrix(folder.out, tools);
    assert.deepEqual(await missingIn(folder), []);
    await begun(folder.out, { ...SPEC, bases: { base, v1: SPEC.bases.v1 ?? '' }, retrained: undefined, limit: 10 });
    const added = await missingIn(folder);
    assert.equal(added.length, 6);
    assert.ok(added.every((what) => what.startsWith('v1')));
    await begun(folder.out, { ...SPEC, bases: { base }, retrained: undefined, limit: 10 });
    const { spec } = await folder.read();
    const later = await planMatrix(spec, folder, { ...tools, toolVersion: 'later' });
    assert.equal(later.missing.length, later.units.length);
    await utimes(join(base, 'model-00001-of-00003.safetensors'), new Date(), new Date(0));
    assert.equal((await missingIn(folder)).length, 6);
  });

  it('takes a damaged or lost record for one that is not there', async () => {
    await using scratch = await temporaryFolder();
    const one = {
      ...SPEC,
      bases: { v2: SPEC.bases.v2 ?? '' },
      tasks: SPEC.tasks.slice(0, 1),
      retrained: undefined,
      limit: 5,
    };
    const folder = await begun(join(scratch.path, 'out'), one);
    await runMatrix(folder.out, tools);
    const { units } = await planMatrix(one, folder, tools);
    const [first, second] = units.map((unit) => folder.evidenceOf(unit));
    await writeFile(first ?? '', '{}');
    await rm(second ?? '');
    assert.equal((await missingIn(folder)).length, 2);
  });

  it('writes the ports that it is asked for', async () => {
    await using scratch = await temporaryFolder();
    const spec: MatrixSpec = {
      ...{ patches: { kind: sample('patches/kind') }, bases: { v2: sample('models/storyteller-v2') } },
      ...{ tasks: SPEC.tasks.slice(0, 1), scales: [0.5], outputs: 'adapter', limit: 5 },
    };
    const folder = await begun(join(scratch.path, 'out'), spec);
    await runMatrix(folder.out, tools);
    const { ports } = await assembleMatrix(folder.out, NEVER);
    assert.equal(ports.length, 1);
    assert.equal((await readProvenance(ports[0] ?? '')).scale, 0.5);
    // Again, and twice at once, as a queue may do it.
    await Promise.all([1, 2].map(() => runMatrixPart(folder.out, { index: 3, count: 3 }, tools)));
    await rm(ports[0] ?? '', { recursive: true });
    await Promise.all([1, 2].map(() => runMatrixPart(folder.out, { index: 3, count: 3 }, tools)));
    assert.equal((await assembleMatrix(folder.out, NEVER)).ports.length, 1);
  });

  it('says of a port that its patch has changed since', async () => {
    await using scratch = await temporaryFolder();
    const patch = join(scratch.path, 'patch');
    await cp(sample('patches/kind'), patch, { recursive: true });
    const spec: MatrixSpec = {
      ...{ patches: { patch }, bases: { v2: sample('models/storyteller-v2') }, tasks: SPEC.tasks.slice(0, 1) },
      ...{ outputs: 'adapter', limit: 5 },
    };
    const folder = await begun(join(scratch.path, 'out'), spec);
    await runMatrix(folder.out, tools);
    await cp(sample('reference/kind-retrained'), patch, { recursive: true });
    await assert.rejects(missingIn(folder), {
      name: 'InputError',
      message: /that has changed since/,
      hint: /Delete it/,
    });
  });

  it('says what a cell cannot be compared for, and is not done then', async () => {
    await using scratch = await temporaryFolder();
    const one = { ...SPEC, bases: { v2: SPEC.bases.v2 ?? '' }, tasks: SPEC.tasks.slice(0, 1), limit: 5 };
    const folder = await begun(join(scratch.path, 'out'), one);
    await runMatrix(folder.out, tools);
    const { cells } = await matrixState(folder.out, NEVER);
    await writeFile(cells[0]?.[0]?.sources[1] ?? '', '{"results": {}}');
    // What was compared is remembered by its files; another matrix beside it is not.
    await rename(folder.out, join(scratch.path, 'moved'));
    const moved = join(scratch.path, 'moved');
    assert.match((await matrixState(moved, NEVER)).cells[0]?.[0]?.problem ?? '', /holds results of no task/);
    await assert.rejects(assembleMatrix(moved, NEVER), /A cell cannot be compared/);
    const gone = AbortSignal.abort();
    await assert.rejects(matrixState(folder.out.replace('out', 'moved'), gone), { name: 'CancelledError' });
  });

  it('is begun by several at once, and again after a beginning that was killed', async () => {
    await using scratch = await temporaryFolder();
    const out = join(scratch.path, 'out');
    await mkdir(join(out, 'cells'), { recursive: true });
    await Promise.all([1, 2, 3].map(() => begun(out)));
    assert.equal((await matrixState(out, NEVER)).total, 14);
  });

  it('is put together from parts that were computed by their numbers', async () => {
    await using scratch = await temporaryFolder();
    const one = {
      ...SPEC,
      patches: { kind: SPEC.patches.kind ?? '' },
      bases: { v2: SPEC.bases.v2 ?? '' },
      retrained: undefined,
      limit: 5,
    };
    const folder = await begun(join(scratch.path, 'out'), one);
    for (const index of [4, 2, 1, 3, 1]) await runMatrixPart(folder.out, { index, count: 4 }, tools);
    assert.equal(await new PartsFolder(folder.out).kind(), 'matrix');
    assert.equal((await assembleMatrix(folder.out, NEVER)).done, 4);
    assert.equal(await new PartsFolder(folder.out).kind(), undefined);
  });

  it('is refused before anything is computed where a patch, a task or a base cannot be used', async () => {
    await using scratch = await temporaryFolder();
    const wrong: [MatrixSpec, RegExp][] = [
      [{ ...SPEC, patches: { ...SPEC.patches, lost: '/nowhere' } }, /nowhere/],
      [{ ...SPEC, tasks: [...SPEC.tasks, 'no_such_task'] }, /no_such_task/],
      [{ ...SPEC, bases: { v1: sample('patches/kind') } }, /kind/],
    ];
    for (const [spec, says] of wrong) {
      const folder = await begun(join(scratch.path, 'out'), spec);
      await assert.rejects(runMatrix(folder.out, tools), { name: 'InputError', message: says });
      assert.equal((await matrixState(folder.out, NEVER)).done, 0);
    }
  });

  it('begins only where nothing else is, and has as many parts as it has', async () => {
    await assert.rejects(begun(sample('models')), /exists already, and is no matrix/);
    await using scratch = await temporaryFolder();
    const { out } = await begun(join(scratch.path, 'out'));
    await assert.rejects(runMatrixPart(out, { index: 1, count: 13 }, tools), /has 14 parts, not 13/);
    await assert.rejects(matrixState(scratch.path, NEVER), { name: 'InputError' });
  });
});
