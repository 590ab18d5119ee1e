import { printable } from '../base/printable.ts';
import type { CellRecovery, MatrixCell, MatrixMeasure, MatrixState } from '../evaluation/matrix/types.ts';
import { formatPValue, formatWithError } from '../evaluation/statistics/format.ts';
import { differenceText } from '../evaluation/results/text/numbers.ts';
import { aligned } from '../evaluation/results/text/table.ts';

/** A matrix for people: a table for each task on each base. */
export function matrixLines(state: MatrixState): string[] {
  const { name, out, done, total, tests } = state;
  return [
    `${printable(name)}: ${done} of ${total} parts are done`,
    ...state.columns.flatMap((_, at) => ['', ...tableOf(state, at)]),
    '',
    ...(tests > 1 ? [`  p-values are corrected for the ${tests} tests of the matrix (Holm).`] : []),
    `  lies in     ${printable(out)}`,
  ];
}

function tableOf({ rows, columns, bases, cells }: MatrixState, at: number): string[] {
  const column = columns[at];
  if (column === undefined) return [];
  const base = bases[at] ?? null;
  const alone = base === null ? '–' : formatWithError(base.value, base.stderr ?? undefined, column.unit);
  const head = ['patch', 'score', 'against the base', 'recovery'];
  const body = rows.map(({ patch, scale }, row) => [
    printable(scale === 1 ? patch : `${patch}@${scale}`),
    ...cellTexts(cells[row]?.[at], column),
  ]);
  return [
    printable(`${column.task}${column.metric === null ? '' : ` (${column.metric})`} on ${column.base}: alone ${alone}`),
    ...aligned([head, ...body], 1).map((line) => `  ${line}`),
  ];
}

function cellTexts(cell: MatrixCell | undefined, { unit }: MatrixMeasure): string[] {
  const { score = null, difference = null, recovery = null, problem = null } = cell ?? {};
  if (problem !== null) return ['–', printable(problem), ''];
  const { value = 0, low = 0, high = 0 } = difference ?? {};
  const tested = difference?.p == null ? '' : ` ${formatPValue(difference.p)}`;
  return [
    score === null ? '–' : formatWithError(score.value, score.stderr ?? undefined, unit),
    difference === null
      ? '–'
      : `${differenceText({ difference: value, interval: { low, high } }, unit)}${tested} ${difference.verdict}`,
    recovery === null ? '' : recoveryText(recovery),
  ];
}

function recoveryText({ value, low, high }: CellRecovery): string {
  if (value === null) return 'none';
  const share = (of: number): string => (100 * of).toFixed(0);
  return low === null || high === null
    ? `${share(value)} % (uncertain)`
    : `${share(value)} % [${share(low)}, ${share(high)}]`;
}
