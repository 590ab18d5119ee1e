import { formatInteger } from '../statistics/format.ts';
import type { Comparison, TaskComparison } from './comparison/types.ts';
import { detailLines } from './text/details.ts';
import { columnNames, hasFilter, tableName } from './text/names.ts';
import { cellText } from './text/numbers.ts';
import { aligned, columnWidths, shortened, widthOf, wrapped } from './text/table.ts';

/** Lines are at most so long. */
export const WIDTH = 119;
const MAX_NAME = 28;
const GAP = 2;

/** A comparison for the terminal: the table of all columns, then what is known of each task in pairs. */
export function comparisonLines(comparison: Comparison): string[] {
  const { names, legend } = columnNames(comparison);
  const { tables, warnings } = comparison;
  const details = tables.flatMap((table) => detailLines(comparison, table, names, WIDTH));
  return [
    ...legend.map((line) => shortened(line, WIDTH)),
    ...(legend.length === 0 ? [] : ['']),
    ...tableLines(tables, names),
    ...wrapped('Shares in percent; ± one standard error, as lm-eval computes it.', WIDTH),
    ...details,
    ...(tables.some(isTested) ? ['', ...wrapped(TESTS, WIDTH)] : []),
    ...(warnings.length === 0 ? [] : ['']),
    ...warnings.flatMap((warning) => wrapped(`warning  ${warning}`, WIDTH)),
  ];
}

const TESTS =
  'p by the exact McNemar test, two-sided; corrected by Holm over all tasks and metrics of the same two columns.';

function isTested({ differences }: TaskComparison): boolean {
  return differences.some(({ test }) => test !== null);
}

/** As many columns beside one another as there is room for, then the next ones. */
function tableLines(tables: readonly TaskComparison[], names: readonly string[]): string[] {
  const heads = [['', 'n'], ...tables.flatMap(headsOf)];
  const columns = names.map((name, i) => [name, ...tables.flatMap((table) => cellsOf(table, i))]);
  const room = WIDTH - columnWidths(heads).reduce((sum, width) => sum + width + GAP, 0);
  const blocks: string[][][] = [];
  let left = 0;
  for (const column of columns) {
    const [width = 0] = columnWidths(column.map((text) => [text]));
    if (blocks.length === 0 || width + GAP > left) {
      blocks.push([]);
      left = room;
    }
    blocks.at(-1)?.push(column);
    left -= width + GAP;
  }
  return blocks.flatMap((block) => {
    const rows = heads.map((head, row) => [...head, ...block.map((column) => column[row] ?? '')]);
    return [...aligned(rows, 1).map((line) => `  ${line}`), ''];
  });
}

/** The filter stands in a line of its own where the name would be too long. */
function headsOf(table: TaskComparison): string[][] {
  const name = tableName(table);
  if (widthOf(name) <= MAX_NAME) return [[name, itemsText(table)]];
  const short = shortened(tableName({ ...table, filter: 'none' }), MAX_NAME);
  return [[short, itemsText(table)], ...(hasFilter(table) ? [[`  ${shortened(table.filter, MAX_NAME - 2)}`, '']] : [])];
}

function cellsOf(table: TaskComparison, column: number): string[] {
  const text = cellText(table.cells[column] ?? null, table.unit);
  return headsOf(table).map((_, i) => (i === 0 ? text : ''));
}

/** "500", or "20–500" where columns have different numbers of items. */
function itemsText({ cells }: TaskComparison): string {
  const counts = cells.flatMap((cell) => cell?.n ?? []);
  if (counts.length === 0) return '?';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? formatInteger(most) : `${formatInteger(least)}–${formatInteger(most)}`;
}
