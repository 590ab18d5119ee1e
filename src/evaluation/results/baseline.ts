import { UserError } from '../../base/errors.ts';
import { readResults, type ImportedColumn } from './readResults.ts';

/** A column that a person has pinned: all other results are compared with it. */
export interface Baseline {
  readonly label: string;
  /** The results file. */
  readonly source: string;
}

export interface WithBaseline {
  readonly columns: readonly ImportedColumn[];
  /** Why they are not compared with it, or not with that very one. */
  readonly warning: string | null;
}

/** The columns, and the baseline where none of them has its name and it answered one of their tasks. */
export async function withBaseline(
  columns: readonly ImportedColumn[],
  { label, source }: Baseline,
  signal: AbortSignal,
): Promise<WithBaseline> {
  const own = columns.find((column) => column.label === label);
  if (own !== undefined) {
    const warning = own.source === source ? null : `The baseline is the ${label} of these results, not the pinned one.`;
    return { columns, warning };
  }
  const without = (reason: string): WithBaseline => ({
    columns,
    warning: `Not compared with the pinned baseline ${label}: ${reason}`,
  });
  let found: readonly ImportedColumn[];
  try {
    found = await readResults(source, signal);
  } catch (error) {
    // It was pinned some time ago, and may be gone.
    if (error instanceof UserError) return without(error.message);
    throw error;
  }
  const baseline = found.find((column) => column.label === label);
  if (baseline === undefined) return without(`${source} has no such column.`);
  const tasks = new Set(columns.flatMap((column) => Object.keys(column.tasks)));
  const shared = Object.entries(baseline.tasks).filter(([task]) => tasks.has(task));
  if (shared.length === 0) return without('it answered none of these tasks.');
  return { columns: [...columns, { ...baseline, tasks: Object.fromEntries(shared) }], warning: null };
}
