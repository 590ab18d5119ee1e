import type { Comparison, Difference, Flip, PortRecovery, TaskComparison } from '../../evaluation/results/compare.ts';
import { formatInteger, formatInterval, type Unit } from '../../evaluation/statistics/format.ts';
import { cellText, differenceText, verdictText } from '../../evaluation/results/text/numbers.ts';
import type { ViewDifference, ViewItem, ViewRow } from './viewTypes.ts';

/** Of longer lists the rest is in the samples files. */
const LISTED = 100;

export function rowOf(table: TaskComparison, { columns }: Comparison): ViewRow {
  const { task, unit, cells, differences, recoveries } = table;
  const labelOf = (column: number): string => columns[column]?.label ?? '';
  return {
    task,
    metric: metricName(table),
    name: rowName(table),
    higherIsBetter: table.higherIsBetter,
    unit,
    cells: cells.map((cell) => {
      if (cell === null) return null;
      const { value, stderr, n } = cell;
      return { value, stderr, n, text: cellText(cell, unit) };
    }),
    differences: differences.map((difference) => viewDifference(difference, unit, labelOf)),
    recoveries: recoveries.map((one) => recoveryText(one, labelOf)),
  };
}

function metricName({ metric, filter }: TaskComparison): string {
  return filter === 'none' ? metric : `${metric} (${filter})`;
}

export function rowName(table: TaskComparison): string {
  return `${table.task} · ${metricName(table)}`;
}

function viewDifference(of: Difference, unit: Unit, labelOf: (column: number) => string): ViewDifference {
  const { column, against, pairing, difference, interval, test, flips } = of;
  const [text = '', ...rest] = differenceText(of, unit).replaceAll('-', '−').split(' ');
  return {
    column,
    reference: against,
    value: difference,
    ...{ low: interval.low, high: interval.high, n: pairing.n },
    ...{ text, interval: rest.join(' ') },
    kind: interval.text,
    pValue: test?.p ?? null,
    adjusted: test?.corrected ?? null,
    verdict: verdictText(of),
    test: test?.text ?? null,
    notes: notesOf(of, labelOf),
    flips: flips && {
      gained: listed(flips.gained),
      lost: listed(flips.lost),
      gainedCount: flips.gained.length,
      lostCount: flips.lost.length,
    },
  };
}

function notesOf({ column, against, pairing, note }: Difference, labelOf: (column: number) => string): string[] {
  const left = [column, against].flatMap((each, i) => {
    const count = pairing.leftOut[i] ?? 0;
    return count === 0 ? [] : [`${formatInteger(count)} of ${labelOf(each)}`];
  });
  return [
    ...(left.length === 0 ? [] : [`Items that only one of the two has were left out: ${left.join(', ')}.`]),
    ...(pairing.by === 'document'
      ? []
      : [`${labelOf(column)}: items were matched by prompt and target, for the documents differ.`]),
    ...(note === null ? [] : [`${labelOf(column)}: ${note}`]),
  ];
}

function listed(flips: readonly Flip[]): ViewItem[] {
  return flips
    .slice(0, LISTED)
    .map(({ docId, againstDocId, excerpt }) => ({ docId, referenceDocId: againstDocId, excerpt }));
}

function recoveryText({ ported, recovery }: PortRecovery, labelOf: (column: number) => string): string {
  const { value, interval, reason } = recovery;
  const name = `Recovery of ${labelOf(ported)}, (ported − new base) / (retrained − new base)`;
  const because = reason === undefined ? '' : ` ${reason}`;
  if (value === undefined) return `${name}: none.${because}`;
  const number = `${name} = ${(100 * value).toFixed(1).replace('-', '−')} %`;
  return interval === undefined
    ? `${number}, without an interval.${because}`
    : `${number} ${formatInterval(interval).replaceAll('-', '−')} (${interval.text}).${because}`;
}
