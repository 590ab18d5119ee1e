import { readdir } from 'node:fs/promises';
import { errorCode, InputError, readError } from '../../base/errors.ts';
import type { ProgressSink } from '../../base/progress.ts';
import type { GraphRuntime } from '../../kernels/graphRuntime.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { EvaluateRequest } from '../request.ts';
import { Models } from './models.ts';
import { planColumns, type Planned } from './planColumns.ts';
import { prepareTask, type PreparedTask } from './prepareTask.ts';
import { itemsOf } from './runColumn.ts';

export interface PlanningTools {
  readonly runtime: GraphRuntime;
  readonly kernel: LowRankKernel;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** Tasks with their documents, and the columns that will be asked. */
export interface PlannedEvaluation extends Planned, AsyncDisposable {
  readonly tasks: readonly PreparedTask[];
}

/**
 * All that an evaluation knows before a weight is read.
 *
 * @param onlyKnown whether a column that cannot be planned is left out instead of failing
 * @throws InputError if a task, its data, a model or a patch cannot be used; CancelledError
 */
export async function planEvaluation(
  request: EvaluateRequest,
  { runtime, kernel, sink, signal }: PlanningTools,
  onlyKnown: boolean,
): Promise<PlannedEvaluation> {
  if (request.tasks.length === 0)
    throw new InputError('No task was named.', 'Name one with --task; `portllm tasks` lists them.');
  if (request.columns.length === 0) throw new InputError('No model was named.');
  await assertForResults(request.out);
  const tasks: PreparedTask[] = [];
  for (const name of request.tasks) tasks.push(await prepareTask(name, request, signal));
  const models = new Models(runtime);
  const dispose = { [Symbol.asyncDispose]: () => models[Symbol.asyncDispose]() };
  try {
    const planning = { models, kernel, device: runtime.device, sink, signal };
    return { ...(await planColumns(request, tasks, planning, onlyKnown)), tasks, ...dispose };
  } catch (error) {
    await models[Symbol.asyncDispose]();
    throw error;
  }
}

/** Items of all columns on all tasks. */
export function askedOf({ columns, tasks }: PlannedEvaluation): number {
  return columns.reduce((sum, column) => sum + itemsOf(column, tasks).length, 0);
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
