import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { InputError } from '../base/errors.ts';
import {
  COLUMN_ROLES,
  type BosMode,
  type ColumnRequest,
  type ColumnRole,
  type EvaluateRequest,
} from '../evaluation/request.ts';
import { columnLabel } from '../evaluation/run/columns.ts';
import type { PatchOnModel } from '../model/patched/openOverlay.ts';
import { MEMORY_MODES, type MemoryMode } from '../model/weights/memory.ts';
import {
  SEED,
  bosMode,
  collect,
  device,
  json,
  parseCount,
  parseNumbers,
  parseWhole,
  taskPath,
  type CommonOptions,
  type Run,
} from './arguments.ts';
import type { Outcome } from './commands.ts';
import { compareCommand, evaluateCommand, tasksCommand } from './evaluateCommands.ts';
import { addRunner, runWork, type RunnerOptions } from './runnerOptions.ts';

interface EvaluateOptions extends CommonOptions, RunnerOptions {
  readonly patch: readonly string[];
  readonly from?: string;
  readonly task: readonly string[];
  readonly data?: string;
  readonly limit?: number;
  readonly fewShot?: number;
  readonly maxGenToks?: number;
  readonly bos: BosMode;
  readonly scales?: readonly number[];
  readonly exported?: true;
  readonly control?: number | true;
  readonly label?: string;
  readonly role?: ColumnRole;
  readonly memory?: MemoryMode;
  readonly batchTokens?: number;
  readonly bootstrap: number;
  readonly seed: number;
  readonly endpoint?: string;
  readonly served?: string;
  readonly keyVariable?: string;
  readonly loadAdapter?: string;
  readonly out: string;
}

/** lm-eval's own default. */
const BOOTSTRAP = 100_000;

/** Adds the commands of evaluation. */
export function addEvaluation(root: Command, run: Run): void {
  const command = root
    .command('evaluate')
    .description('score a model, with patches on it, on tasks; with the prompts and metrics of lm-evaluation-harness')
    .argument('<model>', "the model's folder; with --endpoint, the folder of the served model's tokenizer")
    .option('--patch <patch[@scale]>', 'a patch to add, with its scale; may be given several times', collect, [])
    .option('--from <folder>', 'the old base; needed where a patch stands for its weights')
    .option('--task <task>', 'a name, a YAML file, or a file of prompts, choices and answers', collect, [])
    .option('--data <folder>', "where the tasks' data is; nothing is downloaded")
    .option('--limit <number>', 'only the first documents of each task', parseCount)
    .option('--few-shot <number>', "examples before each question, instead of the task's number", parseWhole)
    .option('--max-gen-toks <number>', "tokens of a generated text, instead of the task's number", parseCount)
    .addOption(bosMode())
    .option('--scales <numbers>', 'a column for each of these scales, with commas between', parseNumbers)
    .option('--exported', 'round as a port does: exactly the scores of the exported model')
    .option('--control [seed]', "a random patch of the same ranks and norms in the patch's place", parseWhole)
    .option('--label <text>', 'what the column is called')
    .addOption(new Option('--role <role>', 'what the column stands for in a comparison of ports').choices(COLUMN_ROLES))
    .addOption(
      new Option('--memory <mode>', 'weights widened in memory, or mapped; without it, what fits').choices(
        MEMORY_MODES.slice(0, 2),
      ),
    )
    .option('--batch-tokens <number>', 'tokens that are computed at once', parseCount)
    .option(
      '--bootstrap <number>',
      'draws for the standard error of f1 and perplexity; 0: no standard errors',
      parseWhole,
      BOOTSTRAP,
    )
    .option('--seed <number>', 'of the few-shot examples', parseWhole, SEED)
    .option('--endpoint <url>', 'an OpenAI-compatible completions server that has the model (vLLM, llama.cpp)')
    .option('--served <name>', "the model's name on the server")
    .option('--key-variable <name>', "the environment variable that holds the server's key")
    .option('--load-adapter <folder>', 'an adapter that vLLM loads first, as the model of that name')
    .requiredOption('--out <folder>', 'where results go; an evaluation that was stopped goes on there');
  addRunner(command, 'items')
    .addOption(device())
    .addOption(json())
    .action((model: string, options: EvaluateOptions) =>
      run(options, (console) => {
        const request = requestOf(model, options);
        const here = (): Promise<Outcome> => evaluateCommand(request, options.device, console);
        return runWork(() => ({ kind: 'evaluate', request }), options, console, here);
      }),
    );
  root
    .command('compare')
    .description('compare results, ours and those of lm-evaluation-harness, item by item')
    .argument('<result...>', 'results files, samples files, or folders of them')
    .addOption(json())
    .action((results: string[], options: CommonOptions) => run(options, (console) => compareCommand(results, console)));
  root
    .command('tasks')
    .description('list the built-in tasks, or say what a task file is, and whether its data is there')
    .argument('[task...]')
    .option('--data <folder>', "where the tasks' data is")
    .addOption(json())
    .action((names: string[], options: CommonOptions & { data?: string }) =>
      run(options, (console) => tasksCommand(names, options.data, console)),
    );
}

/** What would do nothing is no wish of anybody's. @throws InputError */
function assertUseful(options: EvaluateOptions): void {
  const { endpoint, served, keyVariable, loadAdapter, patch, scales, control, exported, out } = options;
  const needs: readonly (readonly [option: string, given: unknown, other: string, there: boolean])[] = [
    ['--served', served, '--endpoint', endpoint !== undefined],
    ['--key-variable', keyVariable, '--endpoint', endpoint !== undefined],
    ['--load-adapter', loadAdapter, '--endpoint', endpoint !== undefined],
    ['--endpoint', endpoint, '--served, the name that the server has for the model', served !== undefined],
    ['--scales', scales, '--patch', patch.length > 0],
    ['--control', control, '--patch', patch.length > 0],
    ['--exported', exported, '--patch', patch.length > 0],
  ];
  for (const [option, given, other, there] of needs)
    if (given !== undefined && !there) throw new InputError(`${option} needs ${other}.`);
  if (out.trim() === '') throw new InputError('--out is empty.');
}

function requestOf(model: string, options: EvaluateOptions): EvaluateRequest {
  assertUseful(options);
  const { task, data, limit, fewShot, maxGenToks, bos, scales, memory, batchTokens, bootstrap, seed, out } = options;
  return {
    columns: [columnOf(model, options)],
    tasks: task.map(taskPath),
    data: data === undefined ? undefined : resolve(data),
    limit,
    fewShot,
    maxNewTokens: maxGenToks,
    bos,
    scales,
    memory,
    batchTokens,
    bootstrapIterations: bootstrap,
    seed,
    out: resolve(out),
  };
}

function columnOf(
  model: string,
  { patch, from, exported, control, label, role, ...server }: EvaluateOptions,
): ColumnRequest {
  const { endpoint, served, keyVariable, loadAdapter } = server;
  const folder = resolve(model);
  const column = {
    model: endpoint === undefined ? folder : (served ?? ''),
    patches: patch.map((text) => parsePatch(text, from)),
    exported,
    control: control === undefined ? undefined : { seed: control === true ? 0 : control },
    endpoint:
      endpoint === undefined
        ? undefined
        : { url: endpoint, keyVariable, tokenizer: folder, loadAdapter: loadAdapter && resolve(loadAdapter) },
    role,
  };
  return { ...column, label: label ?? columnLabel(column) };
}

/** `patches/kind@0.5`; a folder's own @ counts only where no number follows it. */
function parsePatch(text: string, from: string | undefined): PatchOnModel {
  const [, path = text, scale = '1'] = /^(.*)@(-?\d+(?:\.\d+)?(?:e-?\d+)?)$/i.exec(text) ?? [];
  return { patch: resolve(path), scale: Number(scale), from: from === undefined ? undefined : resolve(from) };
}
