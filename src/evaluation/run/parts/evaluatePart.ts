import { hostname } from 'node:os';
import { PART_RECORD } from '../../../base/partRecord.ts';
import { rangeOf, type Part } from '../../../base/part.ts';
import { PartsFolder } from '../../../base/partsFolder.ts';
import type { EvaluateRequest } from '../../request.ts';
import { openPartJournal } from '../../results/journal.ts';
import { BLOCK } from '../answerItems.ts';
import { AllItems } from '../allItems.ts';
import type { PlannedColumn } from '../column.ts';
import { planEvaluation, type PlannedEvaluation, type PlanningTools } from '../planEvaluation.ts';
import type { PreparedTask } from '../prepareTask.ts';
import { itemsOf, runColumn } from '../runColumn.ts';
import { evaluationKey } from './planKnown.ts';
import { EVALUATE_REQUEST } from './request.ts';

/** What a part leaves beside its answers, which lie in the journal. */
export const EVALUATED = PART_RECORD;

export interface EvaluatedPart {
  readonly items: number;
}

/**
 * Answers some blocks of items: neighbours, so that as few models as possible are opened. `assembleEvaluation` counts them;
 * any part can be repeated, anywhere where the same files are seen under the same paths.
 *
 * @throws InputError if a task, its data, a model or a patch cannot be used, or there are more parts than blocks;
 *   CancelledError
 */
export async function evaluatePart(
  request: EvaluateRequest,
  part: Part,
  tools: PlanningTools & { readonly toolVersion: string },
): Promise<EvaluatedPart> {
  const { signal, toolVersion } = tools;
  await using planned = await planEvaluation(request, tools, false);
  const own = withinRange(planned, rangeOf(blocksOf(planned), part, `block of ${BLOCK} items`));
  const folder = new PartsFolder(request.out);
  await folder.begin('evaluate', EVALUATE_REQUEST, request);
  const items = own.reduce((sum, { column, tasks }) => sum + itemsOf(column, tasks).length, 0);
  const { sink } = new AllItems(items, tools.sink);
  const running = { request, onlyKnown: false, wholeBlocks: true, openJournal: openPartJournal, sink, signal };
  for (const { column, tasks } of own) await runColumn(column, tasks, running);
  const { device } = tools.runtime;
  await folder.put(part, { key: evaluationKey(planned), portllm: toolVersion, device, host: hostname() });
  return { items };
}

/** What can be computed apart from the rest to the same last digit. */
export function blocksOf({ columns, tasks }: Pick<PlannedEvaluation, 'columns' | 'tasks'>): number {
  return columns
    .flatMap((column) => tasks.map((task) => blocksIn(column, task)))
    .reduce((sum, count) => sum + count, 0);
}

function blocksIn(column: PlannedColumn, task: PreparedTask): number {
  return Math.ceil(itemsOf(column, [task]).length / BLOCK);
}

/** The columns that have blocks in the range, with the tasks cut to them. */
function withinRange(
  { columns, tasks }: PlannedEvaluation,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly column: PlannedColumn; readonly tasks: readonly PreparedTask[] }[] {
  let at = 0;
  const cut = columns.map((column) => ({
    column,
    tasks: tasks.flatMap((task) => {
      const count = blocksIn(column, task);
      const [begin, end] = [Math.max(0, from - at), Math.min(count, to - at)];
      at += count;
      const items: PreparedTask['items'] = (eos) => task.items(eos).slice(BLOCK * begin, BLOCK * end);
      return end > begin ? [{ ...task, items }] : [];
    }),
  }));
  return cut.filter((one) => one.tasks.length > 0);
}
