import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../base/errors.ts';
import { assertAbsent } from '../base/there.ts';
import { VERSION } from '../base/version.ts';
import { diagnosisFile, writeDiagnosis } from '../diagnostics/diagnosisFile.ts';
import type { Probe } from '../diagnostics/probeTypes.ts';
import { verdictOf } from '../diagnostics/summary.ts';
import type { DiagnoseParts } from '../diagnostics/parts/piece.ts';
import { DIRECTIONS, type Diagnosis, type DiagnoseRequest } from '../diagnostics/types.ts';
import type { ProbeRequest } from '../evaluation/probe/request.ts';
import type { BosMode } from '../evaluation/request.ts';
import {
  SEED,
  bosMode,
  collect,
  device,
  json,
  parseCount,
  parseNumber,
  parseWhole,
  taskPath,
  type CommonOptions,
  type Run,
} from './arguments.ts';
import type { Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { diagnosisLines } from './diagnosisText.ts';
import { probeLines } from './probeText.ts';
import { addRunner, runWork, type RunnerOptions } from './runnerOptions.ts';

interface ProbeOptions {
  readonly task: readonly string[];
  readonly data?: string;
  readonly limit?: number;
  readonly bos: BosMode;
}

interface DiagnoseOptions extends CommonOptions, ProbeOptions, RunnerOptions {
  readonly onto: string;
  readonly from?: string;
  readonly against?: string;
  readonly scale: number;
  readonly directions: number;
  readonly out?: string;
}

export function addDiagnose(root: Command, run: Run): void {
  const command = root
    .command('diagnose')
    .description(
      'say what weights tell about a port: sizes, evolution, alignment and rounding, each beside its baseline',
    )
    .argument('<patch>', 'the adapter folder')
    .requiredOption('--onto <folder>', 'the new base')
    .option('--from <folder>', 'the old base; without it nothing is known of the evolution')
    .option('--against <patch>', 'a patch for the same task that was trained on the new base')
    .option('--scale <number>', 'multiplies the patch', parseNumber, 1)
    .option(
      '--directions <number>',
      'leading directions that subspaces are compared by; 0 leaves them out',
      parseWhole,
      DIRECTIONS,
    )
    .option('--task <task>', 'also probe its loss between the bases and over the scales; as in evaluate', collect, [])
    .option('--data <folder>', "where the tasks' data is")
    .option('--limit <number>', 'only the first documents of each task', parseCount)
    .option('--out <file>', 'also write a report for the editor: name it *.diagnosis.json')
    .addOption(bosMode());
  addRunner(command, 'tensors')
    .addOption(device())
    .addOption(json())
    .action((patch: string, options: DiagnoseOptions) =>
      run(options, (console) => {
        const request = requestOf(patch, options);
        const probe = probeRequestOf(request, options);
        const here = (): Promise<Outcome> => diagnoseCommand(request, probe, options, console);
        return runWork(() => ({ kind: 'diagnose', request: dividedOf(request, options) }), options, console, here);
      }),
    );
}

function requestOf(patch: string, { onto, from, against, scale, directions }: DiagnoseOptions): DiagnoseRequest {
  return {
    patch: resolve(patch),
    onto: resolve(onto),
    from: from === undefined ? undefined : resolve(from),
    against: against === undefined ? undefined : resolve(against),
    scale,
    directions,
  };
}

/** @throws InputError for what cannot be done in parts */
function dividedOf(request: DiagnoseRequest, { out, task }: DiagnoseOptions): DiagnoseParts {
  if (out === undefined) throw new InputError('In parts, a diagnosis needs --out: the report to make.');
  if (!out.endsWith('.json')) throw new InputError(`${out} must end in .diagnosis.json, as reports do.`);
  if (task.length > 0)
    throw new InputError(
      '--task is not divided into parts.',
      'Diagnose without it in parts, and probe the task by itself.',
    );
  return { request, out: resolve(out) };
}

/** @throws InputError for options that would do nothing */
function probeRequestOf(
  { patch, scale, onto, from }: DiagnoseRequest,
  { task, data, limit, bos }: ProbeOptions,
): ProbeRequest | undefined {
  if (task.length > 0)
    return {
      ...{ patch, scale, onto, from, tasks: task.map(taskPath), limit, bos, seed: SEED },
      data: data === undefined ? undefined : resolve(data),
    };
  if (data !== undefined || limit !== undefined)
    throw new InputError(`${data === undefined ? '--limit' : '--data'} needs --task.`);
  return undefined;
}

async function diagnoseCommand(
  request: DiagnoseRequest,
  probeRequest: ProbeRequest | undefined,
  { device, out }: Pick<DiagnoseOptions, 'device' | 'out'>,
  console: Console,
): Promise<Outcome> {
  const { signal, progress: onProgress, worker } = console;
  const write = async (found: Diagnosis, probed: Probe | null): Promise<void> => {
    if (out !== undefined) await writeDiagnosis(resolve(out), diagnosisFile(found, probed, VERSION, new Date()));
  };
  // Before weights are read, which may take minutes.
  if (out !== undefined) await assertAbsent(resolve(out));
  if (probeRequest !== undefined) await assertTasks(probeRequest, console);
  const diagnosis = await worker.call('diagnose', { request, device }, { signal, onProgress });
  if (probeRequest === undefined) {
    console.result(diagnosis, () => diagnosisLines(diagnosis));
    await write(diagnosis, null);
    return 'done';
  }
  console.early(() => diagnosisLines(diagnosis));
  const probe = await worker.call('probe', { request: probeRequest, device }, { signal, onProgress });
  const verdict = verdictOf([...diagnosis.summary.findings, ...probe.findings]);
  console.result({ ...diagnosis, probe, verdict }, () => [
    '',
    ...probeLines(probe),
    '',
    `Weights and task together: ${verdict}`,
  ]);
  await write(diagnosis, probe);
  return 'done';
}

/** Before the weights are read, which may take minutes. @throws InputError if a task or its data is not there */
async function assertTasks({ tasks, data }: ProbeRequest, { worker, signal }: Console): Promise<void> {
  const listings = await worker.call('tasks', { names: tasks, data }, { signal });
  const wrong = listings.find((listing) => listing.problem !== undefined);
  if (wrong?.problem !== undefined) throw new InputError(wrong.problem, wrong.hint);
}
