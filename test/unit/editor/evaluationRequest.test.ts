/** From the wizard's answers to what the worker is asked. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SCALES } from '../../../src/diagnostics/probeTypes.ts';
import { nameOf, toRequest, type EvaluateAnswers } from '../../../src/editor/wizard/evaluation/request.ts';

const SETTINGS = { dataFolder: '/data', bos: 'auto', bootstrapIterations: 1000 } as const;
const ANSWERS: EvaluateAnswers = {
  columns: [
    { model: '/models/v1', patch: '/patches/kind', role: 'old base + patch' },
    { model: '/models/v2', role: 'new base' },
    { model: '/models/v2', patch: '/patches/kind', from: '/models/v1', role: 'ported' },
    { model: '/models/v2', patch: '/patches/again', role: 'retrained' },
  ],
  tasks: ['sst2', '/tasks/kind.jsonl'],
  limit: 20,
  extras: [],
  out: '/results',
};

describe('toRequest', () => {
  it("takes the settings, lm-eval's seed, and the task's own few-shot number", () => {
    const { columns, ...rest } = toRequest(ANSWERS, SETTINGS);
    assert.deepEqual(rest, {
      tasks: ['sst2', '/tasks/kind.jsonl'],
      data: '/data',
      limit: 20,
      bos: 'auto',
      bootstrapIterations: 1000,
      seed: 1234,
      out: '/results',
    });
    assert.deepEqual(columns[2], {
      label: 'v2 + kind',
      role: 'ported',
      model: '/models/v2',
      patches: [{ patch: '/patches/kind', from: '/models/v1', scale: 1 }],
      exported: undefined,
      control: undefined,
    });
  });

  it('sweeps the scale of the port alone, in columns that differ in nothing else', () => {
    const { columns, scales } = toRequest({ ...ANSWERS, extras: ['scales'] }, SETTINGS);
    assert.equal(scales, undefined);
    const swept = columns.filter(({ patches }) => patches[0]?.from === '/models/v1');
    assert.deepEqual(
      swept.map(({ patches, role }) => [patches[0]?.scale, role]),
      [1, ...SCALES.filter((scale) => scale !== 1)].map((scale) => [scale, 'ported']),
    );
    assert.equal(columns.length, ANSWERS.columns.length + SCALES.length - 1);
  });

  it('makes one control of the port, which has no exported form', () => {
    const { columns } = toRequest({ ...ANSWERS, extras: ['control', 'exported'] }, SETTINGS);
    assert.deepEqual(
      columns.map(({ label, role, exported, control }) => [label, role, exported, control]),
      [
        ['v1 + kind (as exported)', 'old base + patch', true, undefined],
        ['v2', 'new base', undefined, undefined],
        ['v2 + kind (as exported)', 'ported', true, undefined],
        ['v2 + kind (random control)', 'control', undefined, { seed: 0 }],
        ['v2 + again (as exported)', 'retrained', true, undefined],
      ],
    );
  });

  it('studies every patch where none is called a port, and no patch beside a ported checkpoint', () => {
    const plain = ANSWERS.columns.map((column) => ({ ...column, role: undefined }));
    const controls = (columns: EvaluateAnswers['columns']): unknown[] =>
      toRequest({ ...ANSWERS, columns, extras: ['control'] }, SETTINGS)
        .columns.filter(({ control }) => control !== undefined)
        .map(({ role }) => role);
    assert.deepEqual(controls(plain), [undefined, undefined, undefined]);
    const checkpoint = { model: '/ported/kind', role: 'ported' as const };
    assert.deepEqual(controls([...ANSWERS.columns.slice(0, 2), checkpoint]), []);
  });

  it('tells models apart that bear one name', () => {
    const columns = [{ model: '/a/base' }, { model: '/b/base' }, { model: '/c/other' }];
    assert.deepEqual(
      toRequest({ ...ANSWERS, columns }, SETTINGS).columns.map(({ label }) => label),
      ['base (a)', 'base (b)', 'other'],
    );
  });

  it('shows the repository of a model in the Hugging Face cache, not its snapshot', () => {
    const model = '/cache/models--acme--llama/snapshots/0123456789012345678901234567890123456789';
    assert.equal(toRequest({ ...ANSWERS, columns: [{ model }] }, SETTINGS).columns[0]?.label, 'llama');
  });
});

describe('the folder of results', () => {
  it('is named after the port, else after the first model', () => {
    assert.equal(nameOf(ANSWERS.columns), 'kind-on-v2');
    assert.equal(nameOf([{ model: '/m/v1' }, { model: '/m/v2' }]), 'v1');
    assert.equal(nameOf([{ model: '/m/v1' }, { model: '/ported/kind-on-v3', role: 'ported' }]), 'kind-on-v3');
    assert.equal(nameOf([]), 'evaluation');
  });
});
