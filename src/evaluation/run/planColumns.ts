import { CancelledError, UserError } from '../../base/errors.ts';
import type { ColumnRequest, EvaluateRequest } from '../request.ts';
import type { OpenOptions, PlannedColumn } from './column.ts';
import { expandColumns } from './columns.ts';
import { localColumn, type LocalTools } from './localColumn.ts';
import type { PreparedTask } from './prepareTask.ts';
import { remoteColumn } from './remoteColumn.ts';
import { itemsOf } from './runColumn.ts';

export interface Planned {
  readonly columns: readonly PlannedColumn[];
  /** Why a column is not among them. */
  readonly problems: readonly string[];
}

/**
 * All columns, before the first is computed.
 *
 * @param onlyKnown whether what cannot be planned is left out instead of failing
 * @throws UserError if a column cannot be computed here; CancelledError
 */
export async function planColumns(
  request: EvaluateRequest,
  tasks: readonly PreparedTask[],
  tools: LocalTools & OpenOptions,
  onlyKnown: boolean,
): Promise<Planned> {
  const columns: PlannedColumn[] = [];
  const problems: string[] = [];
  for (const column of expandColumns(request))
    try {
      const planned = await planColumn(request, column, tasks, tools, onlyKnown);
      if (!onlyKnown) planned.assertFits(itemsOf(planned, tasks));
      columns.push(planned);
    } catch (error) {
      if (!onlyKnown || error instanceof CancelledError || !(error instanceof UserError)) throw error;
      problems.push(`${column.label} is left out: ${error.message}`);
    }
  return { columns, problems };
}

function planColumn(
  request: EvaluateRequest,
  column: ColumnRequest,
  tasks: readonly PreparedTask[],
  tools: LocalTools & OpenOptions,
  onlyKnown: boolean,
): Promise<PlannedColumn> {
  if (column.endpoint === undefined) return localColumn(request, column, tools, tools);
  const generates = tasks.every(({ task }) => task.outputType === 'generate_until');
  const need = onlyKnown ? 'nothing' : generates ? 'texts' : 'log-probabilities';
  return remoteColumn(request, column, column.endpoint, need, tools.signal);
}
