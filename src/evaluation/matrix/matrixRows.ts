import type { MatrixState } from './types.ts';

type Field = string | number | null;

const HEAD = [
  ...['patch', 'scale', 'base', 'task', 'metric', 'base value', 'base stderr', 'ported value', 'ported stderr', 'n'],
  ...['difference', 'low', 'high', 'corrected p', 'verdict', 'recovery', 'recovery low', 'recovery high'],
];

/** A row for each cell, numbers unrounded, with a head. */
export function matrixRows({ rows, columns, bases, cells }: MatrixState): Field[][] {
  const body = rows.flatMap(({ patch, scale }, i) =>
    columns.map(({ base, task, metric }, j): Field[] => {
      const { score = null, difference = null, recovery = null } = cells[i]?.[j] ?? {};
      const alone = bases[j] ?? null;
      return [
        ...[patch, scale, base, task, metric],
        ...[alone?.value ?? null, alone?.stderr ?? null, score?.value ?? null, score?.stderr ?? null, score?.n ?? null],
        ...[difference?.value ?? null, difference?.low ?? null, difference?.high ?? null, difference?.p ?? null],
        ...[difference?.verdict ?? null, recovery?.value ?? null, recovery?.low ?? null, recovery?.high ?? null],
      ];
    }),
  );
  return [HEAD, ...body];
}
