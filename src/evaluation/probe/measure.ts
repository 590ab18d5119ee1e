import { throwIfCancelled } from '../../base/abort.ts';
import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { answerItems, namingTask } from '../run/answerItems.ts';
import type { OpenOptions } from '../run/column.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { Task } from '../tasks/task.ts';
import type { Answer, Item } from '../types.ts';
import { itemLoss } from './itemLoss.ts';
import type { Measured } from './lines.ts';

export interface ProbeTools extends OpenOptions {
  readonly runtime: GraphRuntime;
  readonly kernel: LowRankKernel;
}

export interface ProbeTask {
  readonly task: Task;
  readonly items: readonly Item[];
  /** Of the split, before any limit. */
  readonly documents: number;
}

/** One point of a line, on each task. @throws InputError naming the task; CancelledError */
export async function measurePoint(
  parameter: number,
  label: string,
  scorer: Scorer,
  tasks: readonly ProbeTask[],
  { sink, signal }: OpenOptions,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const { task, items } of tasks) {
    throwIfCancelled(signal);
    const answers = new Map<number, readonly Answer[]>();
    const onAnswered = ({ docId }: Item, own: readonly Answer[]): void => void answers.set(docId, own);
    const asking = { label, task: task.name, done: 0, sink, signal };
    await namingTask(task.name, answerItems(scorer, items, onAnswered, asking));
    measured.push({ parameter, losses: items.map((item) => itemLoss(task, item, answers.get(item.docId) ?? [])) });
  }
  return measured;
}
