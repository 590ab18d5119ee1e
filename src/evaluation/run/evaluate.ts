import { readdir } from 'node:fs/promises';
import { errorCode, InputError, readError, UserError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import type { ProgressSink } from '../../base/progress.ts';
import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { EvaluateRequest } from '../request.ts';
import { compareResults } from '../results/compare.ts';
import { readResults } from '../results/readResults.ts';
import { writeResults } from '../results/writeResults.ts';
import { checkItems } from '../tasks/checkItems.ts';
import { AllItems } from './allItems.ts';
import type { PlannedColumn } from './column.ts';
import { LiveTable, type LiveScores } from './liveScores.ts';
import { Models } from './models.ts';
import { planColumns } from './planColumns.ts';
import { prepareTask, type PreparedTask } from './prepareTask.ts';
import type { EvaluateResult } from './result.ts';
import { itemsOf, runColumn, type RanColumn } from './runColumn.ts';
import type { TaskTools } from './runTask.ts';

export interface EvaluateTools {
  readonly runtime: GraphRuntime;
  readonly kernel: LowRankKernel;
  readonly toolVersion: string;
  /** Count what is known, ask nothing, and leave out what cannot be counted. */
  readonly onlyKnown: boolean;
  readonly sink: ProgressSink;
  /** Is told, now and then, what was found so far. */
  readonly onLive?: ((scores: LiveScores) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Evaluates each column on each task, and writes a results file and samples for each column, as lm-eval does. All columns are
 * planned before the first is computed, so that what cannot be done fails at the beginning.
 *
 * @throws InputError if a task, its data, a model or a patch cannot be used; CancelledError
 */
export async function evaluate(request: EvaluateRequest, tools: EvaluateTools): Promise<EvaluateResult> {
  const { runtime, kernel, toolVersion, onlyKnown, signal } = tools;
  if (request.tasks.length === 0)
    throw new InputError('No task was named.', 'Name one with --task; `portllm tasks` lists them.');
  if (request.columns.length === 0) throw new InputError('No model was named.');
  await assertForResults(request.out);
  const tasks: PreparedTask[] = [];
  for (const name of request.tasks) tasks.push(await prepareTask(name, request, signal));
  await using models = new Models(runtime);
  const planning = { models, kernel, device: runtime.device, sink: tools.sink, signal };
  const { columns, problems } = await planColumns(request, tasks, planning, onlyKnown);
  const asked = columns.reduce((sum, column) => sum + itemsOf(column, tasks).length, 0);
  const all = new AllItems(asked, tools.sink);
  const live = tools.onLive && new LiveTable(labelsOf(columns), sizesOf(columns, tasks), tools.onLive);
  const runs: RanColumn[] = [];
  const files: string[] = [];
  for (const [i, column] of columns.entries()) {
    const onScored = live && ((...scored: Parameters<NonNullable<TaskTools['onScored']>>) => live.add(i, ...scored));
    const run = await runColumn(column, tasks, { request, onlyKnown, sink: all.sink, signal, onScored });
    live?.tell(true);
    if (run.tasks.every(({ records }) => records.length === 0)) continue;
    runs.push(run);
    files.push(await writeResults(request, run, { toolVersion, signal }));
  }
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

/** @throws InputError for what is no folder, and for the folder of a model or patch, which must stay as it is */
async function assertForResults(out: string): Promise<void> {
  const names = await readdir(out).catch((error: unknown): string[] => {
    if (errorCode(error) === 'ENOENT') return [];
    throw errorCode(error) === 'ENOTDIR'
      ? new InputError(`${out} is a file; results need a folder.`)
      : readError(error, out);
  });
  const own = ['config.json', 'adapter_config.json', 'portllm.json'].find((name) => names.includes(name));
  if (own !== undefined)
    throw new InputError(`${out} holds a model or a patch (${own}).`, 'Choose another folder for the results.');
}

function answeredIn(runs: readonly RanColumn[]): number {
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
