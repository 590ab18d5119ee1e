import { csvText } from '../../base/csv.ts';
import type { EvaluationView, ViewDifference } from './viewTypes.ts';

const HEADER = [
  'task',
  'metric',
  'column',
  'role',
  'value',
  'stderr',
  'n',
  'compared_with',
  'difference',
  'low_95',
  'high_95',
  'p_value',
  'p_holm',
  'gained',
  'lost',
  'source',
] as const;

type Line = Partial<Record<(typeof HEADER)[number], string | number | null>>;

/** One line for each score, and one for each difference; numbers are whole, not rounded for reading (RFC 4180). */
export function csvOf({ columns, rows }: EvaluationView): string {
  const lines = rows.flatMap((row) =>
    columns.flatMap(({ label, role, source }, index): Line[] => {
      const cell = row.cells[index];
      if (cell == null) return [];
      const { value, stderr, n } = cell;
      const score = { task: row.task, metric: row.metric, column: label, role, value, stderr, n, source };
      const compared = row.differences.filter(({ column }) => column === index);
      return [
        score,
        ...compared.map((one) => ({ ...score, ...differenceLine(one, columns[one.reference]?.label ?? '') })),
      ];
    }),
  );
  return csvText([HEADER, ...lines.map((line) => HEADER.map((name) => line[name]))]);
}

function differenceLine({ value, low, high, pValue, adjusted, flips }: ViewDifference, reference: string): Line {
  return {
    compared_with: reference,
    ...{ difference: value, low_95: low, high_95: high, p_value: pValue, p_holm: adjusted },
    gained: flips?.gainedCount ?? null,
    lost: flips?.lostCount ?? null,
  };
}
