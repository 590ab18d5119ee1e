import type { MatrixCell, MatrixState } from '../../src/evaluation/matrix/types.ts';

/** A name that would be markup, a path and a command, if somebody let it. */
export const HOSTILE = '<img src=x onerror=alert(1)> {{7*7}} ../..';

const NOTHING: MatrixCell = { score: null, difference: null, recovery: null, problem: null, sources: [] };

/** One without a p is of a metric where lower is better. */
function cell(value: number, difference: number, p: number | null, recovery: number | null): MatrixCell {
  const [low, high] = [difference - 0.05, difference + 0.05];
  const certain = p === null ? low > 0 || high < 0 : p < 0.05;
  return {
    score: { value, stderr: 0.02, n: 500 },
    difference: {
      ...{ value: difference, low, high, p },
      verdict: certain ? (difference > 0 === (p !== null) ? 'better' : 'worse') : 'no difference shown',
    },
    recovery: recovery === null ? null : { value: recovery, low: recovery - 0.1, high: recovery + 0.1, reason: null },
    problem: null,
    sources: ['/m/results/base.json', '/m/results/ported.json'],
  };
}

/** Two patches at two scales on one base and two tasks; one cell is not computed. */
export const STATE: MatrixState = {
  ...{ name: 'small', out: '/m', done: 9, total: 10, tests: 7, ports: ['/m/ports/a'] },
  rows: [
    { patch: 'kind', scale: 0.5 },
    { patch: 'kind', scale: 1 },
    { patch: HOSTILE, scale: 0.5 },
    { patch: HOSTILE, scale: 1 },
  ],
  columns: [
    { base: 'v2', task: 'kind.test', metric: 'acc', unit: 'percent', higherIsBetter: true },
    { base: 'v2', task: 'wiki', metric: 'word_perplexity', unit: 'plain', higherIsBetter: false },
  ],
  bases: [
    { value: 0.3, stderr: 0.02, n: 500 },
    { value: 20, stderr: null, n: 500 },
  ],
  cells: [
    [cell(0.5, 0.2, 0.001, 0.4), cell(19, -1, null, null)],
    [cell(0.8, 0.5, 0.00001, 0.9), cell(22, 2, null, null)],
    [cell(0.29, -0.01, 1, null), NOTHING],
    [cell(0.2, -0.1, 0.01, null), { ...NOTHING, problem: 'They share no item.', sources: ['/a', '/b'] }],
  ],
};
