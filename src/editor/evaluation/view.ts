import { plural } from '../../base/format.ts';
import type { Comparison } from '../../evaluation/results/compare.ts';
import { formatInteger } from '../../evaluation/statistics/format.ts';
import { howItWasComputed } from './how.ts';
import type { RunFacts } from './runFacts.ts';
import { sweepsOf, sweptAside } from './sweeps.ts';
import { differenceText, verdictText } from '../../evaluation/results/text/numbers.ts';
import { rowName, rowOf } from './rows.ts';
import type { EvaluationView } from './viewTypes.ts';

export interface ViewOptions {
  /** What the evaluation is called. */
  readonly title: string;
  /** What the files say that the comparison does not, file by file. */
  readonly runs: readonly RunFacts[];
  /** Of an evaluation that was stopped just now: how much of it there is. */
  readonly stopped?: string | undefined;
}

const STOPPED = 'Some numbers are of the items that were answered before the evaluation was stopped.';
const GOES_ON = 'Evaluate… with the same folder goes on.';

/** Everything in words and in the order in which it is shown. */
export function viewOf(comparison: Comparison, { title, runs, stopped }: ViewOptions): EvaluationView {
  const { columns, tables, reference, warnings } = comparison;
  const aside = sweptAside(comparison);
  const isPartial = tables.some(({ cells }) => cells.some((cell) => cell?.complete === false));
  const own = columns.flatMap(({ facts }) => facts?.warnings ?? []);
  const partial = stopped ?? (isPartial ? STOPPED : undefined);
  return {
    title,
    subtitle: subtitleOf(comparison, columns.length - aside.size),
    headline: headlineOf(comparison),
    partial: partial === undefined ? null : `${partial} ${GOES_ON}`,
    columns: columns.map(({ label, role, source }, i) => ({ label, role, source, isSwept: aside.has(i) })),
    rows: tables.map((table) => rowOf(table, comparison)),
    sweeps: sweepsOf(comparison),
    notes: notesOf(comparison, aside),
    how: howItWasComputed(comparison, runs, aside),
    warnings: [...new Set([...own, ...warnings])],
    reference,
  };
}

/** What a port gains over the new base alone, and how much of what retraining gains. */
function headlineOf({ tables, columns }: Comparison): string[] {
  return tables.flatMap((table) =>
    table.differences.flatMap((one) => {
      if (columns[one.column]?.role !== 'ported' || columns[one.against]?.role !== 'new base') return [];
      const of = table.unit === 'percent' ? ' points' : '';
      const gain = differenceText(one, table.unit).replaceAll('-', '−').replace(' ', `${of} `);
      const recovered = table.recoveries.find(({ ported }) => ported === one.column)?.recovery;
      const share =
        recovered?.value === undefined
          ? ''
          : ` It has ${(100 * recovered.value).toFixed(0)} % of what retraining gains.`;
      return [
        `${rowName(table)}: the port ${columns[one.column]?.label ?? ''} is ${gain} against the new base: ${verdictText(one)}.${share}`,
      ];
    }),
  );
}

function subtitleOf({ tables }: Comparison, columns: number): string {
  const tasks = [...new Map(tables.map((table) => [table.task, table])).values()];
  const sizes = tasks.map(({ task, cells }) => {
    const known = cells.filter((cell) => cell !== null);
    const counts = [...new Set(known.map(({ n }) => n))];
    const [n] = counts;
    if (counts.length !== 1 || n == null) return task;
    const [documents] = known.flatMap((cell) => cell.documents ?? []);
    const of = documents === undefined || documents === n ? '' : ` of ${formatInteger(documents)}`;
    return `${task}, ${formatInteger(n)}${of} items`;
  });
  return `${plural(columns, 'column')} on ${plural(tasks.length, 'task')}: ${sizes.join('; ')}`;
}

function notesOf({ tables, columns }: Comparison, aside: ReadonlySet<number>): string[] {
  const tests = Math.max(0, ...tables.flatMap(({ differences }) => differences.map(({ test }) => test?.tests ?? 0)));
  const ties = tables.flatMap(({ task, cells }) =>
    cells.flatMap((cell, i) =>
      cell?.ties && !aside.has(i) ? [[task, columns[i]?.label ?? '', cell.ties] as const] : [],
    ),
  );
  const close = ties.filter(([, , { exact, near }]) => exact.length + near.length > 0);
  return [
    ...tables.flatMap(({ notes, task, metric }) => notes.map((note) => `${task}, ${metric}: ${note}`)),
    ...(tests > 1 ? [`The p-values of two columns are corrected for their ${tests} tests (Holm).`] : []),
    ...[...new Set(close.map(([task, label, { text }]) => `Ties of ${label} on ${task}: ${text}.`))],
    ...(ties.length > 0 && close.length === 0
      ? ['No item has two best choices that are equal, or nearly so (0.001 nats).']
      : []),
  ];
}
