import { resolve } from 'node:path';
import type { EvaluateRequest } from '../evaluation/request.ts';
import type { EvaluateResult } from '../evaluation/run/result.ts';
import { comparisonLines } from '../evaluation/results/comparisonLines.ts';
import { CancelledError } from '../base/errors.ts';
import { plural } from '../base/format.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { Outcome } from './commands.ts';
import type { Console } from './console.ts';

export async function evaluateCommand(
  request: EvaluateRequest,
  device: DeviceChoice,
  console: Console,
): Promise<Outcome> {
  const { signal, progress: onProgress } = console;
  try {
    const result = await console.worker.call('evaluate', { request, device }, { signal, onProgress });
    console.result(result, () => evaluationLines(result));
    return 'done';
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    return await showWhatIsKnown(request, device, console);
  }
}

/** The answers outlive the process that was cancelled: what they say so far, and how to go on. */
async function showWhatIsKnown(request: EvaluateRequest, device: DeviceChoice, console: Console): Promise<Outcome> {
  const result = await console.worker.call('evaluate', { request, device, onlyKnown: true });
  const { answered, asked } = result.items;
  const stopped = `Stopped: ${answered} of ${plural(asked, 'item')} are kept. The same command goes on where this one ended.`;
  console.result(result, () => [...evaluationLines(result), stopped]);
  return 'failed';
}

function evaluationLines({ comparison, files, warnings, notes }: EvaluateResult): string[] {
  return [
    ...comparisonLines(comparison),
    ...notes.map((note) => `  ${note}`),
    ...warnings.map((warning) => `  warning  ${warning}`),
    `Results, with the samples beside them:`,
    ...files.map((file) => `  ${file}`),
  ];
}

export async function compareCommand(results: readonly string[], console: Console): Promise<Outcome> {
  const { signal } = console;
  const comparison = await console.worker.call(
    'compare',
    { results: results.map((path) => resolve(path)) },
    { signal },
  );
  console.result(comparison, () => comparisonLines(comparison));
  return 'done';
}

export async function tasksCommand(
  names: readonly string[],
  data: string | undefined,
  console: Console,
): Promise<Outcome> {
  const tasks = await console.worker.call('tasks', { names, data: data === undefined ? undefined : resolve(data) });
  console.result(tasks, () =>
    tasks.map(({ name, outputType, documents, problem }) => {
      const found = problem ?? (documents === undefined ? '' : plural(documents, 'document'));
      return `${name.padEnd(14)} ${(outputType ?? '–').padEnd(22)} ${found}`;
    }),
  );
  // Of the built-in ones, the data of those that nobody asked for may well be elsewhere.
  return names.length > 0 && tasks.some(({ problem }) => problem !== undefined) ? 'unusable' : 'done';
}
