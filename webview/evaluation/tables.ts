import type {
  EvaluationView,
  ViewColumn,
  ViewDifference,
  ViewRow,
  ViewUnit,
} from '../../src/editor/evaluation/viewTypes.ts';
import { element, type Child } from '../common/dom.ts';
import { table, type Column } from '../common/parts.ts';
import { intervalAxis, intervalPlot } from './intervalPlot.ts';
import { differenceDomain, type Domain } from './scales.ts';

/** Tasks × columns; the further scales of a sweep have a picture of their own. */
export function scoreTable({ columns, rows }: EvaluationView): HTMLElement {
  const shown = columns.flatMap((column, index) => (column.isSwept ? [] : [{ column, index }]));
  const names: Column<ViewRow> = { title: 'Task', value: ({ name }) => name };
  const scores = table(
    'Scores of every column on every task',
    [
      names,
      ...shown.map(({ column, index }) => ({
        title: nameOf(column),
        kind: 'number' as const,
        value: (row: ViewRow): Child => scoreCell(row, index),
      })),
    ],
    rows,
  );
  return element('div', { class: 'scores' }, scores);
}

function nameOf(column: ViewColumn | undefined): Child {
  const { label = '', role = null } = column ?? {};
  return element('span', {}, label, ...(role === null ? [] : [element('span', { class: 'role' }, role)]));
}

function scoreCell({ cells }: ViewRow, index: number): Child {
  const cell = cells[index];
  if (cell == null) return '–';
  const count = cell.n === null ? [] : [element('span', { class: 'count' }, `n = ${cell.n}`)];
  return element('span', {}, cell.text, ...count);
}

/** Each column beside the one that it is compared with, one below the other, on one axis. */
export function differenceTables(row: ViewRow, view: EvaluationView): Child[] {
  const { differences, recoveries, name, higherIsBetter } = row;
  if (differences.length === 0) return [];
  const domain = differenceDomain(differences);
  const references = [...new Set(differences.map(({ reference }) => reference))];
  const remarks = new Set([
    ...recoveries,
    ...differences.flatMap(({ kind, notes }) => [`Intervals: ${kind}.`, ...notes]),
  ]);
  const tables = references.map((reference) => {
    const shown = differences.filter((one) => one.reference === reference);
    return differenceTable(row, shown, view, reference, domain);
  });
  return [
    element(
      'h3',
      { class: 'differences-of' },
      `${name} `,
      element('span', { class: 'role' }, direction(higherIsBetter)),
    ),
    element('div', { class: 'differences' }, ...tables),
    ...[...remarks].map((text) => element('p', { class: 'note' }, text)),
  ];
}

/** Differences of shares are in percentage points. */
function differenceTitle(unit: ViewUnit): Child {
  const words = unit === 'percent' ? 'points, 95 % interval' : '95 % interval';
  return element('span', {}, 'Difference', element('span', { class: 'role' }, words));
}

function withInterval({ text, interval }: ViewDifference): Child {
  return element('span', {}, text, ' ', element('span', { class: 'count' }, interval));
}

function inWords({ verdict, test }: ViewDifference): Child {
  return element('span', {}, verdict, ...(test === null ? [] : [element('span', { class: 'count' }, test)]));
}

function direction(higherIsBetter: boolean | null): string {
  if (higherIsBetter === null) return '';
  return higherIsBetter ? 'higher is better' : 'lower is better';
}

function differenceTable(
  { name, unit }: ViewRow,
  shown: readonly ViewDifference[],
  { columns }: EvaluationView,
  reference: number,
  domain: Domain,
): HTMLElement {
  const label = columns[reference]?.label ?? '';
  return table(
    `${name}: differences to ${label}`,
    [
      { title: `Minus ${label}`, value: ({ column }) => nameOf(columns[column]) },
      { title: differenceTitle(unit), kind: 'number', value: withInterval },
      { title: intervalAxis(domain, unit), value: (difference) => intervalPlot(difference, domain) },
      { title: 'In words', kind: 'words', value: inWords },
    ] satisfies Column<ViewDifference>[],
    shown,
  );
}
