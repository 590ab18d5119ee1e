import { formatInteger } from '../../evaluation/statistics/format.ts';
import { cellText } from '../../evaluation/results/text/numbers.ts';
import type { LiveScores } from '../../evaluation/run/liveScores.ts';
import type { LiveView } from './viewTypes.ts';

/** What was found so far, in words as well. */
export function liveViewOf({ columns, rows }: LiveScores, progress: string): LiveView {
  return {
    progress,
    columns,
    rows: rows.map(({ task, metric, cells }) => ({
      name: metric === null ? task : `${task} · ${metric}`,
      // Means of zeros and ones; a mean of something else is rare, and soon known better.
      unit: cells.every(({ value }) => value === null || (value >= 0 && value <= 1)) ? 'percent' : 'plain',
      cells: cells.map(({ done, total, value, stderr }) => ({
        share: total === 0 ? 0 : done / total,
        count: `${formatInteger(done)} of ${formatInteger(total)}`,
        value,
        stderr,
        text:
          value === null
            ? '–'
            : cellText({ ...NO_CELL, value, stderr }, value >= 0 && value <= 1 ? 'percent' : 'plain'),
      })),
    })),
  };
}

const NO_CELL = { n: null, documents: null, complete: false, truncated: 0, ties: null };
