import { plural } from '../../base/format.ts';
import type { EvaluateRequest } from '../../evaluation/request.ts';
import type { Comparison } from '../../evaluation/results/compare.ts';
import { expandColumns } from '../../evaluation/run/columns.ts';

/** "120 of 500 items": of what an evaluation that was stopped has, as far as its tasks are known. */
export function keptItems({ tables }: Comparison, request: EvaluateRequest): string {
  const columns = expandColumns(request).length;
  const tasks = new Map(tables.map((table) => [table.task, table.cells]));
  let kept = 0;
  let asked = 0;
  for (const cells of tasks.values()) {
    const known = cells.filter((cell) => cell !== null);
    kept += known.reduce((sum, { n }) => sum + (n ?? 0), 0);
    const documents = Math.max(0, ...known.map((cell) => cell.documents ?? 0));
    asked += columns * Math.min(documents, request.limit ?? Infinity);
  }
  return `${kept} of ${plural(asked, 'item')}`;
}
