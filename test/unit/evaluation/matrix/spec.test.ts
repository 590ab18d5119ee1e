/** What people write into the file of a matrix. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { matrixSchema } from '../../../../scripts/matrixSchema.ts';
import { specText } from '../../../../src/editor/matrix/specText.ts';
import { folderOfSpec, readSpec, type MatrixSpec } from '../../../../src/evaluation/matrix/spec.ts';
import { columnsOf, unitsOf } from '../../../../src/evaluation/matrix/units.ts';
import type { LibraryItem } from '../../../../src/library/item.ts';
import { ROOT, temporaryFolder } from '../../../support/paths.ts';

const SMALL = 'patches: {kind: kind}\nbases: {v2: v2}\ntasks: [arc_easy]\n';

async function read(text: string): Promise<MatrixSpec> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a.portllm-matrix.yaml');
  await writeFile(path, text);
  const spec = await readSpec(path);
  return JSON.parse(JSON.stringify(spec).replaceAll(folder.path, '<here>')) as MatrixSpec;
}

describe("a matrix's file", () => {
  it('names folders from where it lies, and tasks by name or file', async () => {
    const text = `${SMALL}old: /models/v1\nretrained: {v2: {kind: there/again}}\n`.replace(
      'arc_easy',
      'arc_easy, t/my.yaml',
    );
    assert.deepEqual(await read(text), {
      ...{ patches: { kind: '<here>/kind' }, bases: { v2: '<here>/v2' }, tasks: ['arc_easy', '<here>/t/my.yaml'] },
      old: '/models/v1',
      retrained: { v2: { kind: '<here>/there/again' } },
    });
  });

  for (const [what, text, says] of [
    ['nothing in it', '', /patches/],
    ['no base', 'patches: {a: a}\nbases: {}\ntasks: [b]', /bases.*is empty/],
    ['an unknown word', `${SMALL}task: x`, /Unrecognized key: "task"/],
    ['a scale that is none', `${SMALL}scales: [one]`, /scales/],
    ['a scale twice', `${SMALL}scales: [1, 0.5, 1]`, /the scale 1 is named twice/],
    [
      'two patches of one name',
      'patches: {a: a, a@0.5: b}\nbases: {b: b}\ntasks: [t]\nscales: [1, 0.5]',
      /would be called a@0\.5/,
    ],
    ['a task twice', SMALL.replace('arc_easy', 'a, a'), /the task a is named twice/],
    [
      'a retrained patch of no base',
      `${SMALL}retrained: {v3: {kind: x}}`,
      /retrained names v3, which is none of the bases/,
    ],
    [
      'a retrained patch of no patch',
      `${SMALL}retrained: {v2: {toString: x}}`,
      /retrained names toString, which is none/,
    ],
    ['a name of two lines', SMALL.replace('kind:', '"a\\nb":'), /patches/],
    ['aliases', 'a: &a [b]\nc: [*a, *a]', /is no YAML/],
    ['no YAML', 'a: [', /is no YAML/],
  ] as const)
    it(`is refused with ${what}`, async () => {
      await assert.rejects(read(text), { name: 'InputError', message: says });
    });

  it('that is not there is said', async () => {
    await assert.rejects(readSpec('/nowhere/a.yaml'), { name: 'InputError', message: /nowhere/ });
  });

  it('goes into a folder of its name', () => {
    assert.equal(folderOfSpec('/a/b.portllm-matrix.yaml'), '/a/b');
    assert.equal(folderOfSpec('/a/b.c.yml'), '/a/b.c');
    assert.equal(folderOfSpec('/a.b/c'), '/a.b/c');
  });

  it('has the schema that YAML editors complete by', async () => {
    assert.equal(readFileSync(join(ROOT, 'media/matrix.schema.json'), 'utf8'), await matrixSchema());
  });

  it('is begun with what the library has', async () => {
    const item = (kind: 'patch' | 'baseModel', name: string, problem?: string): LibraryItem =>
      ({ kind, name, path: `/models/${name}`, problem }) as unknown as LibraryItem;
    const items = [item('patch', 'a: b'), item('baseModel', 'base'), item('patch', 'broken', 'why')];
    const spec = await read(specText(items, '/models'));
    assert.deepEqual(spec, {
      patches: { 'a: b': '<here>/a: b' },
      bases: { base: '<here>/base' },
      tasks: ['boolq'],
    });
    assert.deepEqual((await read(specText([], '/models'))).patches, { name: '<here>/path/of/an/adapter' });
  });
});

describe('the units of a matrix', () => {
  const spec: MatrixSpec = {
    ...{ patches: { a: '/a', b: '/b' }, bases: { x: '/x', y: '/y' }, tasks: ['t', '/u.yaml'], scales: [0.5, 1] },
    ...{ retrained: { y: { a: '/a-on-y' } }, outputs: 'adapter' as const },
  };

  it('are each base alone, each patch at each scale and each retrained one, on each task, and each port', () => {
    assert.deepEqual(
      columnsOf(spec).map(({ label, role }) => `${label}: ${role}`),
      [
        ...['x: new base', 'x + a@0.5: ported', 'x + a: ported', 'x + b@0.5: ported', 'x + b: ported'],
        ...['y: new base', 'y + a@0.5: ported', 'y + a: ported', 'y + a (retrained): retrained'],
        ...['y + b@0.5: ported', 'y + b: ported'],
      ],
    );
    const units = unitsOf(spec, '/out');
    assert.equal(units.length, 11 * 2 + 8);
    assert.equal(new Set(units.map(({ id }) => id)).size, units.length);
    for (const { id } of units) assert.match(id, /^[\w@.-]+$/);
  });

  it('keep their names where others come and go, and lose them where they are asked otherwise', () => {
    const ids = (of: MatrixSpec): string[] => unitsOf(of, '/out').map(({ id }) => id);
    const more = ids({ ...spec, tasks: ['s', ...spec.tasks] });
    for (const id of ids(spec)) assert.ok(more.includes(id), id);
    const limited = ids({ ...spec, outputs: undefined, limit: 10 });
    for (const id of limited) assert.ok(!more.includes(id), id);
  });
});
