import { UserError } from '../../base/errors.ts';
import { readResults, type ImportedColumn } from './readResults.ts';

/** A column that a person has pinned: all other results are compared with it. */
export interface Baseline {
  readonly label: string;
  /** The results file. */
  readonly source: string;
}

/** The columns, and the baseline where it is none of them and answered one of their tasks. */
export async function withBaseline(
  columns: readonly ImportedColumn[],
  { label, source }: Baseline,
  signal: AbortSignal,
): Promise<readonly ImportedColumn[]> {
  if (columns.some((column) => column.label === label)) return columns;
  const found = await readResults(source, signal).catch((error: unknown) => {
    // It was pinned some time ago, and may be gone.
    if (error instanceof UserError) return [];
    throw error;
  });
  const tasks = new Set(columns.flatMap((column) => Object.keys(column.tasks)));
  const baseline = found.find((column) => column.label === label);
  if (baseline === undefined) return columns;
  const shared = Object.entries(baseline.tasks).filter(([task]) => tasks.has(task));
  return shared.length === 0 ? columns : [...columns, { ...baseline, tasks: Object.fromEntries(shared) }];
}
