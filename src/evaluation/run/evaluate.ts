import { UserError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import type { EvaluateRequest } from '../request.ts';
import { compareResults } from '../results/compare.ts';
import { openJournal } from '../results/journal.ts';
import { readResults } from '../results/readResults.ts';
import { writeResults } from '../results/writeResults.ts';
import { checkItems } from '../tasks/checkItems.ts';
import { AllItems } from './allItems.ts';
import type { PlannedColumn } from './column.ts';
import { LiveTable, type LiveScores } from './liveScores.ts';
import { askedOf, planEvaluation, type PlannedEvaluation, type PlanningTools } from './planEvaluation.ts';
import type { PreparedTask } from './prepareTask.ts';
import type { EvaluateResult } from './result.ts';
import { itemsOf, runColumn, type RanColumn } from './runColumn.ts';
import type { TaskTools } from './runTask.ts';

export interface EvaluateTools extends PlanningTools {
  readonly toolVersion: string;
  /** Count what is known, ask nothing, and leave out what cannot be counted. */
  readonly onlyKnown: boolean;
  /** Is told, now and then, what was found so far. */
  readonly onLive?: ((scores: LiveScores) => void) | undefined;
}

/**
 * Evaluates each column on each task, and writes a results file and samples for each column, as lm-eval does. All columns are
 * planned before the first is computed, so that what cannot be done fails at the beginning.
 *
 * @throws InputError if a task, its data, a model or a patch cannot be used; CancelledError
 */
export async function evaluate(request: EvaluateRequest, tools: EvaluateTools): Promise<EvaluateResult> {
  const { onlyKnown, signal, toolVersion } = tools;
  await using planned = await planEvaluation(request, tools, onlyKnown);
  const { columns, tasks } = planned;
  const all = new AllItems(askedOf(planned), tools.sink);
  const live = tools.onLive && new LiveTable(labelsOf(columns), sizesOf(columns, tasks), tools.onLive);
  const written: Written = { runs: [], files: [] };
  for (const [i, column] of columns.entries()) {
    const onScored = live && ((...scored: Parameters<NonNullable<TaskTools['onScored']>>) => live.add(i, ...scored));
    const run = await runColumn(column, tasks, { request, onlyKnown, openJournal, sink: all.sink, signal, onScored });
    live?.tell(true);
    if (run.tasks.every(({ records }) => records.length === 0)) continue;
    written.runs.push(run);
    written.files.push(await writeResults(request, run, { toolVersion, signal }));
  }
  return await resultOf(request, planned, written, signal);
}

/** Columns that were run, and their results files. */
export interface Written {
  readonly runs: RanColumn[];
  readonly files: string[];
}

/** What an evaluation says of the columns whose results are written. @throws UserError if there are none */
export async function resultOf(
  request: EvaluateRequest,
  planned: PlannedEvaluation,
  { runs, files }: Written,
  signal: AbortSignal,
): Promise<EvaluateResult> {
  const { columns, tasks, problems } = planned;
  const asked = askedOf(planned);
  if (runs.length === 0) throw new UserError('Nothing was answered yet.', problems[0]);
  const read = (await Promise.all(files.map((file) => readResults(file)))).flat();
  return {
    out: request.out,
    files,
    items: { answered: answeredIn(runs), asked },
    complete: problems.length === 0 && answeredIn(runs) === asked,
    comparison: await compareResults(read, { signal }),
    notes: notesOf(runs),
    warnings: [
      ...new Set([
        ...problems,
        ...tasks.flatMap((task) => checkItems(task.task, task.items(columns[0]?.tokenizer.eos?.text))),
        ...runs.flatMap(({ facts }) => facts.warnings),
      ]),
    ],
  };
}

function labelsOf(columns: readonly PlannedColumn[]): string[] {
  return columns.map(({ facts }) => facts.label);
}

/** Every column is asked the same. */
function sizesOf(
  [column]: readonly PlannedColumn[],
  tasks: readonly PreparedTask[],
): { readonly prepared: PreparedTask; readonly total: number }[] {
  return tasks.map((prepared) => ({ prepared, total: column === undefined ? 0 : itemsOf(column, [prepared]).length }));
}

export function answeredIn(runs: readonly RanColumn[]): number {
  return runs.flatMap((run) => run.tasks).reduce((sum, { records }) => sum + records.length, 0);
}

function notesOf(runs: readonly RanColumn[]): string[] {
  const ways = new Map<string, number>();
  for (const { facts, memoryBytes } of runs) {
    const weights = facts.memory === null ? 'all answers known from before' : `weights ${facts.memory}`;
    const way = `${facts.device}, float32 arithmetic, ${weights}, BOS ${facts.bos}`;
    ways.set(way, Math.max(ways.get(way) ?? 0, memoryBytes));
  }
  return [...ways].map(([way, bytes]) => (bytes === 0 ? way : `${way}, about ${formatBytes(bytes)} of memory`));
}
