import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import type { EvaluateRequest } from '../request.ts';
import { columnName } from './lmEval/columnName.ts';
import { writeDated } from './lmEval/datedFiles.ts';
import { dumps } from './lmEval/pythonJson.ts';
import { sanitiseName } from './lmEval/sanitise.ts';
import { resultsObject, type SummarisedRun } from './resultsFile.ts';
import { samplesFile, type SamplesFile } from './samplesFile.ts';
import { summariseTask } from './summarise.ts';
import type { ColumnRun } from './types.ts';

export interface WriteOptions {
  /** Of this program. */
  readonly toolVersion: string;
  readonly signal: AbortSignal;
  /** Of the files' names; the time at which they are written unless told. */
  readonly date?: Date | undefined;
}

/**
 * `<out>/<model_name_sanitized>/results_<date>.json` and `samples_<task>_<date>.jsonl` of each task that was begun, as
 * lm-eval's EvaluationTracker writes them. The results file gets its name last: where it is, its samples are.
 *
 * @returns the results file's path
 */
export async function writeResults(
  request: EvaluateRequest,
  { facts, tasks: all }: ColumnRun,
  { toolVersion, signal, date }: WriteOptions,
): Promise<string> {
  // A task that was not begun has no samples, and no numbers.
  const tasks = all.filter(({ records }) => records.length > 0);
  assertNamesApart(tasks.map(({ task }) => task.name));
  const samples: SamplesFile[] = [];
  const runs: SummarisedRun[] = [];
  for (const run of tasks) {
    const summary = await summariseTask(run, { bootstrapIterations: request.bootstrapIterations, signal });
    const file = samplesFile(run);
    samples.push(file);
    runs.push({ run, summary, samplesHash: file.hash });
  }
  const seconds = tasks.reduce((sum, run) => sum + run.seconds, 0);
  const started = new Date(Date.now() - 1000 * seconds);
  const text = [dumps(resultsObject({ facts, tasks: runs, request, toolVersion, started }), 2)];
  const files = [...samples.map(({ file }) => file), { stem: 'results', ending: 'json', text } as const];
  const folder = join(request.out, sanitiseName(columnName(facts)));
  return (await writeDated(folder, files, date ?? new Date(), signal)).at(-1) ?? folder;
}

/** @throws InputError if two tasks' samples would have one file */
function assertNamesApart(tasks: readonly string[]): void {
  const names = tasks.map(sanitiseName);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new InputError(
    `Two tasks are called ${brief(twice)}: their samples would have one file.`,
    'Rename one of them.',
  );
}
