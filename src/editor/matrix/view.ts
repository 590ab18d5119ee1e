import { plural } from '../../base/format.ts';
import type {
  CellDifference,
  CellRecovery,
  MatrixCell,
  MatrixMeasure,
  MatrixState,
} from '../../evaluation/matrix/types.ts';
import { formatInterval, formatPValue, formatWithError } from '../../evaluation/statistics/format.ts';
import { differenceText } from '../../evaluation/results/text/numbers.ts';
import type { MatrixView, ViewCell, ViewMeasure, ViewShade } from './viewTypes.ts';

const NONE: ViewShade & { interval: string; words: string } = {
  ...{ text: '–', shade: null, sign: '', interval: '', words: '' },
};

/** Everything in words and in the order in which it is shown. */
export function viewOf(state: MatrixState, isRunning: boolean): MatrixView {
  const { name, done, total, rows, columns, cells, tests, ports } = state;
  const largest = columns.map((column) => largestLike(column, state));
  return {
    title: name,
    subtitle: subtitleOf(state),
    isRunning,
    isComplete: done === total,
    rows: rows.map(({ patch, scale }) => (scale === 1 ? patch : `${patch} @${scale}`)),
    columns: columns.map((column, at) => measureOf(column, state.bases[at] ?? null)),
    cells: cells.map((row) => row.map((cell, at) => cellOf(cell, columns[at], largest[at] ?? 0))),
    hasRecovery: cells.some((row) => row.some(({ recovery }) => recovery !== null)),
    notes: [
      'Differences are of the ported patch against its base alone, on the same items, with a 95 % paired bootstrap interval.',
      ...(tests > 1 ? [`p-values are corrected for the ${tests} tests of the matrix (Holm).`] : []),
      'Recovery: how much of what a patch retrained on the base gains, the ported one gains too.',
      ...(ports.length > 0 ? [`${plural(ports.length, 'port')} written, below the folder ports.`] : []),
    ],
  };
}

function subtitleOf({ done, total, rows, columns }: MatrixState): string {
  const patches = new Set(rows.map(({ patch }) => patch)).size;
  const bases = new Set(columns.map(({ base }) => base)).size;
  const of = [plural(patches, 'patch', 'patches'), plural(bases, 'base'), plural(columns.length / bases, 'task')];
  const scales = rows.length / patches;
  return `${of.join(' × ')}${scales > 1 ? ` × ${plural(scales, 'scale')}` : ''}: ${done} of ${total} parts are done`;
}

function measureOf(
  { base, task, metric, unit, higherIsBetter }: MatrixMeasure,
  alone: MatrixState['bases'][number],
): ViewMeasure {
  return {
    ...{ base, task },
    metric: metric === null ? '' : `${metric}, ${higherIsBetter ? 'higher' : 'lower'} is better`,
    alone: alone === null ? '–' : formatWithError(alone.value, alone.stderr ?? undefined, unit),
  };
}

/** The largest difference among the cells of one unit and metric: colours stand beside one another. */
function largestLike({ unit, metric, task }: MatrixMeasure, { columns, cells }: MatrixState): number {
  const isLike = (other: MatrixMeasure): boolean =>
    other.unit === unit && other.metric === metric && (unit === 'percent' || other.task === task);
  const like = cells.flatMap((row) => row.filter((_, at) => columns[at] !== undefined && isLike(columns[at])));
  return Math.max(0, ...like.map(({ difference }) => Math.abs(difference?.value ?? 0)));
}

function cellOf(cell: MatrixCell, measure: MatrixMeasure | undefined, largest: number): ViewCell {
  const { score, difference, recovery, problem, sources } = cell;
  const { unit = 'plain', higherIsBetter = true } = measure ?? {};
  return {
    score: score === null ? '–' : formatWithError(score.value, score.stderr ?? undefined, unit),
    difference:
      difference === null
        ? { ...NONE, words: problem ?? '' }
        : differenceOf(difference, unit, higherIsBetter ? largest : -largest),
    recovery: recovery === null ? NONE : recoveryOf(recovery),
    isThere: sources.length > 0,
  };
}

/** @param largest negative where lower is better */
function differenceOf(
  { value, low, high, p, verdict }: CellDifference,
  unit: 'percent' | 'plain',
  largest: number,
): ViewCell['difference'] {
  const [text = '', ...interval] = differenceText({ difference: value, interval: { low, high } }, unit).split(' ');
  return {
    text,
    shade: largest === 0 ? 0 : value / largest,
    sign: verdict === 'better' ? '▲' : verdict === 'worse' ? '▼' : '',
    interval: interval.join(' '),
    words: `${verdict}${p === null ? '' : ` (${formatPValue(p)})`}`,
  };
}

function recoveryOf({ value, low, high, reason }: CellRecovery): ViewCell['recovery'] {
  if (value === null) return { ...NONE, text: 'none', words: reason ?? '' };
  return {
    text: `${(100 * value).toFixed(0)} %`,
    shade: Math.max(-1, Math.min(1, value)),
    sign: '',
    interval: low === null || high === null ? '' : formatInterval({ low, high }),
    words: reason ?? '',
  };
}
