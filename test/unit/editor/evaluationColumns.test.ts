/** Which columns follow from what was clicked and answered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  besidePorted,
  columnsOfModels,
  columnsOfPatch,
  portedColumn,
} from '../../../src/editor/wizard/evaluation/columns.ts';
import { subjectOf } from '../../../src/editor/wizard/evaluation/answers.ts';
import type { BaseModelItem, PatchItem, PortedModelItem } from '../../../src/library/item.ts';

const base = (name: string): BaseModelItem => ({
  kind: 'baseModel',
  path: `/models/${name}`,
  name,
  bytes: 1,
  revision: null,
  architecture: 'LlamaForCausalLM',
  parameters: 1,
  dtype: 'BF16',
  shards: 1,
  tiesEmbeddings: false,
});
const patch = (name: string, baseName: string | null, needsOldBase = false): PatchItem => ({
  kind: 'patch',
  path: `/patches/${name}`,
  name,
  bytes: 1,
  baseName,
  peftType: 'LORA',
  modules: 1,
  ranks: [8],
  dtype: 'F32',
  needsOldBase,
  changesVocabulary: false,
});
const ported = (output: 'checkpoint' | 'adapter', needsOldBase = false): PortedModelItem => ({
  kind: 'portedModel',
  path: '/ported/kind-on-v2',
  name: 'kind-on-v2',
  bytes: 1,
  output,
  patch: { name: 'kind', path: '/patches/kind' },
  newBase: { name: 'v2', path: '/models/v2' },
  chain: [],
  parameters: 1,
  dtype: 'BF16',
  needsOldBase,
  changesVocabulary: false,
});

const [v1, v2] = [base('v1'), base('v2')];
const kind = patch('kind', 'v1');
const delta = patch('delta', 'v1', true);
const retrained = patch('kind-retrained', 'v2');
const ITEMS = [v1, v2, kind, delta, retrained];

describe('the columns of a patch', () => {
  it('are the whole comparison of a port where everything was answered', () => {
    const columns = columnsOfPatch({ patch: kind, newBase: v2.path, oldBase: v1.path, retrained }, ITEMS);
    assert.deepEqual(
      columns.map((column) => [column.role, column.model, column.patch, column.from]),
      [
        ['old base', v1.path, undefined, undefined],
        ['old base + patch', v1.path, kind.path, undefined],
        ['new base', v2.path, undefined, undefined],
        ['ported', v2.path, kind.path, undefined],
        ['retrained', v2.path, retrained.path, undefined],
      ],
    );
  });

  it('leave out what was skipped', () => {
    assert.deepEqual(
      columnsOfPatch({ patch: kind, newBase: v2.path }, ITEMS).map(({ role }) => role),
      ['new base', 'ported'],
    );
  });

  it('name the old base where the patch is a difference against it, on every base', () => {
    const own = patch('own-delta', 'v2', true);
    const columns = columnsOfPatch({ patch: delta, newBase: v2.path, oldBase: v1.path, retrained: own }, ITEMS);
    assert.deepEqual(
      columns.map(({ from }) => from),
      [undefined, v1.path, undefined, v1.path, v2.path],
    );
  });

  it('are no port on the base that the patch names', () => {
    const columns = columnsOfPatch({ patch: delta, newBase: v1.path, oldBase: v2.path, retrained }, ITEMS);
    assert.deepEqual(
      columns.map(({ role, from }) => [role, from]),
      [
        ['old base', undefined],
        ['old base + patch', v1.path],
      ],
    );
  });

  it('are a port where two listed bases bear the name that the patch has', () => {
    const twin = { ...v1, path: '/elsewhere/v1' };
    const columns = columnsOfPatch({ patch: kind, newBase: v1.path }, [...ITEMS, twin]);
    assert.deepEqual(
      columns.map(({ role }) => role),
      ['new base', 'ported'],
    );
  });
});

describe('the columns of models', () => {
  const rolesOn = (patches: readonly PatchItem[]): unknown[] =>
    columnsOfModels([v2.path], patches, new Map(), ITEMS).map(({ role }) => role);

  it('have roles where the patches say which one is ported and which retrained', () => {
    assert.deepEqual(rolesOn([kind, retrained]), ['new base', 'ported', 'retrained']);
    assert.deepEqual(rolesOn([kind]), ['new base', 'ported']);
  });

  it('have no roles where two patches could have one, or none is ported', () => {
    assert.deepEqual(rolesOn([kind, patch('mood', 'v1')]), [undefined, undefined, undefined]);
    assert.deepEqual(rolesOn([retrained]), [undefined, undefined]);
    assert.deepEqual(rolesOn([patch('stray', null)]), [undefined, undefined]);
  });

  it('have every patch on every model, with the old base that was answered or is named', () => {
    const stray = patch('stray', null, true);
    const columns = columnsOfModels([v1.path, v2.path], [delta, stray], new Map([[stray.path, '/models/v0']]), ITEMS);
    assert.deepEqual(
      columns.map((column) => [column.model, column.patch, column.from]),
      [v1.path, v2.path].flatMap((model) => [
        [model, undefined, undefined],
        [model, delta.path, v1.path],
        [model, stray.path, '/models/v0'],
      ]),
    );
  });
});

describe('beside a ported model', () => {
  it('stand its new base, and what the library knows of the patch', () => {
    const beside = besidePorted(ported('checkpoint'), ITEMS);
    assert.deepEqual(
      beside.map(({ column: { role, model, patch: on }, picked }) => [role, model, on, picked]),
      [
        ['old base', v1.path, undefined, false],
        ['old base + patch', v1.path, kind.path, false],
        ['new base', v2.path, undefined, true],
        ['retrained', v2.path, retrained.path, false],
      ],
    );
    assert.deepEqual(besidePorted(ported('checkpoint'), []), []);
  });

  it('a checkpoint stands alone, an adapter on its new base', () => {
    assert.deepEqual(portedColumn(ported('checkpoint', true)), { model: '/ported/kind-on-v2', role: 'ported' });
    const { model, patch: on, from, role } = portedColumn(ported('adapter', true));
    assert.deepEqual([model, on, from, role], [v2.path, '/ported/kind-on-v2', v2.path, 'ported']);
  });
});

describe('the subject', () => {
  it('is one item, or several with models and patches apart, without what cannot be used', () => {
    const broken = { ...base('broken'), problem: 'no weights' };
    assert.deepEqual(subjectOf([kind, kind, broken]), { kind: 'patch', patch: kind });
    assert.deepEqual(subjectOf([v2]), { kind: 'model', model: v2 });
    assert.equal(subjectOf([broken]), undefined);
    const adapter = { ...ported('adapter'), path: '/ported/adapter' };
    assert.deepEqual(subjectOf([kind, v2, ported('checkpoint'), adapter, retrained]), {
      kind: 'several',
      models: [v2, ported('checkpoint')],
      patches: [kind, adapter, retrained],
    });
  });
});
