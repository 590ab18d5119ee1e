import { UserError } from '../../base/errors.ts';
import type { ProgressSink } from '../../base/progress.ts';
import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { EvaluateRequest } from '../request.ts';
import { compareResults } from '../results/compare.ts';
import { readResults } from '../results/readResults.ts';
import type { ColumnRun, TaskRun } from '../results/types.ts';
import { writeResults } from '../results/writeResults.ts';
import { expandColumns } from './columns.ts';
import { Models } from './models.ts';
import { openColumn, type ColumnTools } from './openColumn.ts';
import { prepareTask, type PreparedTask } from './prepareTask.ts';
import type { EvaluateResult } from './result.ts';
import { runTask } from './runTask.ts';

export interface EvaluateTools {
  readonly runtime: GraphRuntime;
  readonly kernel: LowRankKernel;
  readonly toolVersion: string;
  readonly onlyKnown: boolean;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/**
 * Evaluates each column on each task, and writes a results file and samples for each column, as lm-eval does.
 *
 * @throws InputError if a task, its data, a model or a patch cannot be used; CancelledError
 */
export async function evaluate(request: EvaluateRequest, tools: EvaluateTools): Promise<EvaluateResult> {
  const { sink, signal, kernel, runtime } = tools;
  const tasks: PreparedTask[] = [];
  for (const name of request.tasks) tasks.push(await prepareTask(name, request.data, request.fewShot, signal));
  await using models = new Models(request, runtime);
  const columnTools = { models, kernel, device: runtime.device, sink, signal };
  const runs: ColumnRun[] = [];
  const files: string[] = [];
  for (const column of expandColumns(request)) {
    const run = await runColumn(request, column, tasks, columnTools, tools);
    if (run.tasks.every(({ records }) => records.length === 0)) continue;
    runs.push(run);
    files.push(await writeResults(request, run, { toolVersion: tools.toolVersion, signal }));
  }
  if (runs.length === 0) throw new UserError('Nothing was answered yet.');
  const columns = (await Promise.all(files.map((file) => readResults(file)))).flat();
  return {
    out: request.out,
    files,
    complete: runs.every((run) => run.tasks.every(({ complete }) => complete)),
    comparison: await compareResults(columns, { signal }),
    notes: notesOf(runs),
    warnings: [...new Set(runs.flatMap(({ facts }) => facts.warnings))],
  };
}

async function runColumn(
  request: EvaluateRequest,
  column: EvaluateRequest['columns'][number],
  prepared: readonly PreparedTask[],
  columnTools: ColumnTools,
  { onlyKnown, sink, signal }: EvaluateTools,
): Promise<ColumnRun> {
  await using opened = await openColumn(request, column, columnTools);
  const tasks: TaskRun[] = [];
  for (const task of prepared) tasks.push(await runTask(opened, task, { request, onlyKnown, sink, signal }));
  return { facts: opened.facts, tasks };
}

function notesOf(runs: readonly ColumnRun[]): string[] {
  const ways = new Set(
    runs.map(({ facts }) => `${facts.device}, float32 arithmetic, weights ${facts.memory}, BOS ${facts.bos}`),
  );
  const cut = runs.flatMap(({ tasks }) =>
    tasks.flatMap(({ records }) =>
      records.filter(({ answers }) => answers.some((answer) => 'truncated' in answer && answer.truncated > 0)),
    ),
  );
  return [
    ...ways,
    ...(cut.length > 0 ? [`${cut.length} prompts were longer than the model and lost their beginning`] : []),
  ];
}
