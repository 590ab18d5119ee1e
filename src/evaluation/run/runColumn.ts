import type { ColumnRun, TaskRun } from '../results/types.ts';
import type { OpenedColumn, PlannedColumn } from './column.ts';
import type { PreparedTask } from './prepareTask.ts';
import { runTask, type TaskTools } from './runTask.ts';

export interface RanColumn extends ColumnRun {
  /** Estimated; 0 where no weights were needed. */
  readonly memoryBytes: number;
}

/** All tasks on one column, which is opened once, and only if something is left to be asked. */
export async function runColumn(
  planned: PlannedColumn,
  tasks: readonly PreparedTask[],
  tools: TaskTools,
): Promise<RanColumn> {
  let opening: Promise<OpenedColumn> | undefined;
  const open = (): Promise<OpenedColumn> => (opening ??= planned.open(itemsOf(planned, tasks), tools));
  const scorer = async (): Promise<OpenedColumn['scorer']> => (await open()).scorer;
  const runs: TaskRun[] = [];
  for (const task of tasks) runs.push(await runTask({ planned, scorer }, task, tools));
  const opened = await opening;
  const facts = { ...planned.facts, memory: opened?.memory ?? null };
  return { facts, memoryBytes: opened?.memoryBytes ?? 0, tasks: runs };
}

export function itemsOf(
  { tokenizer }: PlannedColumn,
  tasks: readonly PreparedTask[],
): ReturnType<PreparedTask['items']> {
  return tasks.flatMap((task) => task.items(tokenizer.eos?.text));
}
