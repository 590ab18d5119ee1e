import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupOf } from '../../../src/diagnostics/group.ts';
import { summarise } from '../../../src/diagnostics/summary.ts';
import type { Aggregate, Diagnosis, Summary, TensorDiagnosis } from '../../../src/diagnostics/types.ts';
import type { PortPlan } from '../../../src/port/plan/planTypes.ts';

const FINE = { absorbed: 0.01, error: 0.02 };
const ALL: Aggregate = {
  name: 'all',
  tensors: 1,
  norms: { delta: 1, weight: 100, evolution: 2, oldWeight: 100 },
  lineage: 0.999,
  cosine: { value: 0.001, chance: 0.001 },
  rounding: { BF16: FINE, F16: FINE, F32: FINE },
  retrained: null,
};
const TENSOR: TensorDiagnosis = {
  ...ALL,
  ...{ target: 'model.layers.0.self_attn.q_proj.weight', module: 'model.layers.0.self_attn.q_proj', layer: 0 },
  ...{ type: 'q_proj', group: 'attention', shape: [32, 32], dtype: 'BF16', method: 'LoRA' },
  spectrum: { values: [1], complete: true, stableRank: 1 },
  alignment: { cosine: { value: 0.001, chance: 0.001 }, columns: null, rows: null },
  kept: null,
  angles: null,
  histogram: { from: -10, counts: [1], absorbed: { BF16: [0], F16: [0], F32: [0] } },
};
const PLAN = {
  coverage: { patchTensors: 2, touchedTensors: 1 },
  warnings: [],
  newBase: { dtype: 'BF16' },
} as unknown as PortPlan;

function summaryOf(
  {
    all = {},
    tensor = {},
    tensors = [{ ...TENSOR, ...tensor }],
    groups = [],
  }: {
    all?: Partial<Aggregate>;
    tensor?: Partial<TensorDiagnosis>;
    tensors?: TensorDiagnosis[];
    groups?: Aggregate[];
  },
  plan: Partial<PortPlan> = {},
  from: string | null = '/old',
): Summary {
  const figures: Pick<Diagnosis, 'tensors' | 'all' | 'groups'> = {
    tensors,
    all: { ...ALL, ...all },
    groups,
  };
  return summarise(
    { patch: '/patch', scale: 1, onto: '/new', from: from ?? undefined, directions: 0 },
    { ...PLAN, ...plan },
    figures,
  );
}

describe('the summary of a diagnosis', () => {
  it('fits where nothing speaks against it, and always asks for an evaluation', () => {
    const { verdict, findings, next } = summaryOf({});
    assert.equal(verdict, 'fits');
    assert.ok(findings.every((finding) => finding.verdict === 'fits' || finding.verdict === 'note'));
    assert.match(next[0]?.command ?? '', /portllm evaluate \/new --patch \/patch/);
  });

  const cases: Readonly<Record<string, readonly [Summary, Summary['verdict'], RegExp]>> = {
    'bases that were trained apart': [summaryOf({ tensor: { lineage: 0.01 } }), 'does not fit', /trained apart/],
    'bases that are far from each other': [
      summaryOf({ tensor: { lineage: 0.7 } }),
      'look closer',
      /far from each other/,
    ],
    'no old base': [
      summaryOf(
        { all: { lineage: null, cosine: null, norms: { ...ALL.norms, evolution: null, oldWeight: null } } },
        {},
        null,
      ),
      'look closer',
      /Without the old base/,
    ],
    'warnings of the plan': [
      summaryOf({}, { warnings: ['Two vocabularies differ.'] }),
      'look closer',
      /vocabularies differ/,
    ],
    'a patch that rounding swallows': [
      summaryOf({ all: { rounding: { ...ALL.rounding, BF16: { absorbed: 0.6, error: 0.5 } } } }),
      'look closer',
      /error of 50 % of it/,
    ],
    'a shared direction': [
      summaryOf({ all: { cosine: { value: 0.2, chance: 0.001 } } }),
      'look closer',
      /counted twice/,
    ],
    'an evolution against the patch': [
      summaryOf({ all: { cosine: { value: -0.2, chance: 0.001 } } }),
      'look closer',
      /against the patch/,
    ],
    'a cosine that is unlikely but small': [
      summaryOf({ all: { cosine: { value: 0.01, chance: 0.001 } } }),
      'fits',
      /only slightly along the patch: .* far below 0\.05/,
    ],
    'a patch larger than its weight': [
      summaryOf({ tensor: { norms: { ...ALL.norms, delta: 101 } } }),
      'look closer',
      /larger than the weight that it is added to, up to 1\.01 times/,
    ],
    'a cosine of chance': [
      summaryOf({ all: { cosine: { value: 0.002, chance: 0.001 } } }),
      'fits',
      /neither along the patch nor against it/,
    ],
    'a patch that is zero': [
      summaryOf({ tensor: { norms: { ...ALL.norms, delta: 0 } } }),
      'look closer',
      /the patch is zero/,
    ],
    'feed-forward layers that moved more': [
      summaryOf({
        groups: [
          { ...ALL, name: 'attention' },
          { ...ALL, name: 'feed-forward', norms: { ...ALL.norms, evolution: 20 } },
        ],
      }),
      'look closer',
      /10 times as far as attention/,
    ],
    'a base that did not move': [
      summaryOf({ all: { norms: { ...ALL.norms, evolution: 0 }, cosine: { value: 0, chance: 0.001 } } }),
      'look closer',
      /the same weights where the patch is/,
    ],
    'a retrained patch': [
      summaryOf({
        all: { retrained: { norm: 1, distance: { value: 1.4, chance: 1.41 }, cosine: { value: 0.02, chance: 0.001 } } },
      }),
      'fits',
      /1\.4 times ‖Δ‖ away \(1\.41 where/,
    ],
  };
  for (const [what, [summary, verdict, says]] of Object.entries(cases))
    it(`knows ${what}`, () => {
      assert.ok(
        summary.findings.some(({ text }) => says.test(text)),
        summary.findings.map(({ text }) => text).join('\n'),
      );
      assert.equal(summary.verdict, verdict);
    });

  it('tells bases that were trained apart from some tensors that were replaced', () => {
    const all = (apart: number): TensorDiagnosis[] =>
      Array.from({ length: 10 }, (_, i) => ({ ...TENSOR, lineage: i < apart ? 0.01 : 0.99 }));
    const some = summaryOf({ tensors: all(2) });
    assert.equal(some.verdict, 'look closer');
    assert.ok(some.findings.some(({ text }) => text.startsWith('2 of 10 tensors have little in common')));
    const most = summaryOf({ tensors: all(8) });
    assert.equal(most.verdict, 'does not fit');
    assert.ok(
      most.findings.every(({ text }) => !text.includes('neither along')),
      'alignment means nothing then',
    );
  });

  it('never writes a number that is none', () => {
    const still = { ...ALL.norms, evolution: 0 };
    const groups = ['attention', 'feed-forward'].map((name) => ({ ...ALL, name, norms: still }));
    for (const { findings } of [
      ...Object.values(cases).map(([summary]) => summary),
      summaryOf({ all: { norms: still }, groups }),
    ])
      for (const { text } of findings) assert.doesNotMatch(text, /NaN|Infinity|undefined/);
  });

  it('names the source of every hint of grade A or B', () => {
    const findings = Object.values(cases).flatMap(([summary]) => summary.findings);
    for (const { grade, source } of findings)
      if (grade === 'A' || grade === 'B') assert.match(source ?? '', /^https:\/\/arxiv\.org\/abs\//);
  });
});

describe('groupOf', () => {
  it('tells attention and feed-forward layers by their names', () => {
    for (const [module, group] of [
      ['model.layers.0.self_attn.q_proj', 'attention'],
      ['transformer.h.0.attn.c_attn', 'attention'],
      ['model.layers.0.mlp.down_proj', 'feed-forward'],
      ['model.layers.0.block_sparse_moe.experts.1.w1', 'feed-forward'],
      ['model.embed_tokens', 'other'],
      ['lm_head', 'other'],
    ] as const)
      assert.equal(groupOf(module), group, module);
  });
});
