import type { EvaluationView, ViewDifference, ViewRow } from '../../src/editor/evaluation/viewTypes.ts';

const COLUMNS = [
  ['storyteller-v1', 'old base', false],
  ['storyteller-v2', 'new base', false],
  ['storyteller-v2 + kind', 'ported', false],
  ['storyteller-v2 + kind@0.5', null, true],
] as const;

/** A strangers' name must never become markup. */
export const HOSTILE = '<img src=x onerror=alert(1)>';

function difference(column: number, reference: number, value: number, half: number): ViewDifference {
  const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}`;
  return {
    column,
    reference,
    value,
    low: value - half,
    high: value + half,
    text: percent(value),
    interval: `[${percent(value - half)}, ${percent(value + half)}]`,
    kind: '95 % paired bootstrap, n = 20, 10,000 draws, seed 0',
    pValue: 0.004,
    adjusted: 0.008,
    verdict:
      value > half ? 'better (p = 0.004, corrected p = 0.008)' : 'no difference shown (p = 0.5, corrected p = 1)',
    test: 'exact McNemar test, two-sided, 13 discordant of n = 20',
    n: 20,
    notes: [],
    flips: {
      gained: [
        { docId: 3, referenceDocId: 3, excerpt: `The food was the ${HOSTILE}` },
        { docId: 7, referenceDocId: 7, excerpt: 'The place was the' },
      ],
      lost: [{ docId: 11, referenceDocId: 11, excerpt: 'The animal was the' }],
      gainedCount: 12,
      lostCount: 1,
    },
  };
}

const ROW: ViewRow = {
  task: 'kind.test',
  metric: 'acc',
  name: 'kind.test · acc',
  higherIsBetter: true,
  unit: 'percent',
  cells: [
    { value: 0.3, stderr: 0.105, n: 20, text: '30.0 ± 10.5' },
    { value: 0.35, stderr: 0.109, n: 20, text: '35.0 ± 10.9' },
    { value: 0.9, stderr: 0.069, n: 20, text: '90.0 ± 6.9' },
    null,
  ],
  differences: [difference(0, 1, -0.05, 0.2), difference(2, 1, 0.55, 0.25), difference(2, 0, 0.6, 0.2)],
  recoveries: ['Recovery of storyteller-v2 + kind = 0.82 [0.71, 0.93].'],
};

/** Three columns, a scale more in a sweep, one task. */
export const VIEW: EvaluationView = {
  title: HOSTILE,
  subtitle: '3 columns on 1 task, the first 20 items of each',
  headline: ['kind.test · acc: the port is +55.0 points from the new base: better.'],
  partial: null,
  columns: COLUMNS.map(([label, role, isSwept]) => ({ label, role, isSwept, source: `/results/${label}.json` })),
  rows: [ROW],
  sweeps: [
    {
      name: 'kind.test · acc',
      label: 'storyteller-v2 + kind',
      unit: 'percent',
      points: [
        { scale: 0, value: 0.35, stderr: 0.109, text: '35.0 ± 10.9' },
        { scale: 0.5, value: 0.7, stderr: 0.1, text: '70.0 ± 10.0' },
        { scale: 1, value: 0.9, stderr: 0.069, text: '90.0 ± 6.9' },
      ],
      best: 1,
      caveats: ['The best of several scales is optimistic.'],
    },
  ],
  notes: ['p-values are corrected for 2 comparisons (Holm).'],
  how: [
    ['Device', 'cpu, float32 arithmetic'],
    ['BOS', 'auto'],
  ],
  warnings: [`A warning about ${HOSTILE}`],
  reference: 1,
};
