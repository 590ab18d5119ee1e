import { throwIfCancelled } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { withCorrection } from './comparison/difference.ts';
import { rolesOf } from './comparison/roles.ts';
import { sweptColumns } from './comparison/sweptColumns.ts';
import { compareTask } from './comparison/taskComparison.ts';
import type { ComparedColumn, Comparison, TaskComparison } from './comparison/types.ts';
import { warningsOf } from './comparison/warnings.ts';
import type { ImportedColumn } from './importing/imported.ts';

export type {
  Cell,
  ComparedColumn,
  Comparison,
  Difference,
  DifferenceTest,
  Flip,
  Flips,
  Pairing,
  PortRecovery,
  Sweep,
  SweptColumns,
  TaskComparison,
  Verdict,
} from './comparison/types.ts';

export interface CompareResultsOptions {
  /** The label of the column that all others are compared with; else it is the new base, or the first. */
  readonly reference?: string | undefined;
  /** Of the paired bootstrap, 10,000 unless told. */
  readonly draws?: number | undefined;
  /** 0 unless told. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Columns side by side, and in pairs on the items that both answered: what lm-eval does not compute.
 *
 * @throws InputError if there is nothing to compare; CancelledError
 */
export async function compareResults(
  imported: readonly ImportedColumn[],
  options: CompareResultsOptions = {},
): Promise<Comparison> {
  if (imported.length === 0) throw new InputError('There are no results to compare.');
  const { reference: wanted, ...resampling } = options;
  const columns = comparedColumns(imported);
  const sweeps = sweptColumns(columns);
  const roles = rolesOf(columns, sweeps, wanted);
  const compared = { imported, columns, roles, sweeps };
  const tables: TaskComparison[] = [];
  for (const [task, key] of tasksAndMetrics(imported)) {
    if (options.signal) throwIfCancelled(options.signal);
    tables.push(await compareTask(task, key, compared, resampling));
  }
  const labelled = imported.map((column, i) => ({ label: columns[i]?.label ?? column.label, column }));
  const warnings = warningsOf(labelled, roles.reference);
  return { columns, reference: roles.reference, tables: withCorrection(tables), sweeps, warnings };
}

/** Two of one label are told apart by a number. */
function comparedColumns(imported: readonly ImportedColumn[]): ComparedColumn[] {
  const taken = new Set<string>();
  return imported.map(({ label, role, source, tool, facts }) => {
    let own = label;
    for (let i = 2; taken.has(own); i++) own = `${label} (${i})`;
    taken.add(own);
    return { label: own, role: role ?? null, source, tool, facts: facts ?? null };
  });
}

/** In the order in which they first appear. */
function tasksAndMetrics(columns: readonly ImportedColumn[]): [string, string][] {
  const found = new Map<string, Set<string>>();
  for (const { tasks } of columns)
    for (const [task, { metrics }] of Object.entries(tasks)) {
      const keys = found.get(task) ?? new Set();
      found.set(task, keys);
      for (const key of Object.keys(metrics)) keys.add(key);
    }
  return [...found].flatMap(([task, keys]) => Array.from(keys, (key): [string, string] => [task, key]));
}
