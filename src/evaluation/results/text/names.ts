import type { Comparison, TaskComparison } from '../comparison/types.ts';

/** What columns are called in a text: by their labels, or by letters that a legend explains. */
export interface ColumnNames {
  readonly names: readonly string[];
  readonly legend: readonly string[];
}

const MAX_LABEL = 14;

export function columnNames({ columns }: Comparison): ColumnNames {
  const labels = columns.map(({ label }) => label);
  if (labels.every((label) => Array.from(label).length <= MAX_LABEL)) return { names: labels, legend: [] };
  const names = labels.map((_, i) => letter(i));
  const roles = columns.map(({ label, role }) => (role === null || role === label ? '' : ` (${role})`));
  return { names, legend: labels.map((label, i) => `  ${names[i] ?? ''}  ${label}${roles[i] ?? ''}`) };
}

/** A … Z, A1 … */
function letter(i: number): string {
  const round = Math.floor(i / 26);
  return String.fromCharCode(65 + (i % 26)) + (round === 0 ? '' : String(round));
}

/** "gsm8k exact_match ↑ strict-match" */
export function tableName(table: TaskComparison): string {
  const { task, metric, filter, higherIsBetter } = table;
  const arrow = higherIsBetter === null ? '' : higherIsBetter ? ' ↑' : ' ↓';
  return `${task} ${metric}${arrow}${hasFilter(table) ? ` ${filter}` : ''}`;
}

export function hasFilter({ filter }: TaskComparison): boolean {
  return filter !== 'none';
}
