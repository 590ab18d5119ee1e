import { InputError } from '../../../base/errors.ts';
import { sha256Of } from '../../../base/hash.ts';
import type { LowRankKernel } from '../../../kernels/lowRank.ts';
import type { EvaluateRequest } from '../../request.ts';
import { planEvaluation, type PlannedEvaluation } from '../planEvaluation.ts';

/** What is needed where no model is run. */
export interface KnownTools {
  readonly kernel: LowRankKernel;
  readonly toolVersion: string;
  readonly signal: AbortSignal;
}

/**
 * Plans an evaluation that others compute: whether it fits into this machine's memory does not matter.
 *
 * @param device that the others compute on
 * @throws InputError if a column cannot be planned
 */
export async function planKnown(
  request: EvaluateRequest,
  device: string,
  { kernel, signal }: Omit<KnownTools, 'toolVersion'>,
): Promise<PlannedEvaluation> {
  const runtime = { device, load: () => Promise.reject(new Error('an evaluation that others compute ran a model')) };
  const planned = await planEvaluation(request, { runtime, kernel, sink: () => undefined, signal }, true);
  const [problem] = planned.problems;
  if (problem === undefined) return planned;
  await planned[Symbol.asyncDispose]();
  throw new InputError(problem);
}

/** Of all that the answers depend on. */
export function evaluationKey({ columns, tasks }: Pick<PlannedEvaluation, 'columns' | 'tasks'>): string {
  const asked = tasks.map(({ task, fewShot, dataFiles }) => [
    task.hash,
    fewShot,
    dataFiles.map(({ sha256 }) => sha256),
  ]);
  return sha256Of(JSON.stringify([columns.map(({ identity }) => identity), asked]));
}
