import type { EvaluateRequest } from '../request.ts';
import { PyFloat } from '../tasks/python/values.ts';
import { columnName } from './lmEval/columnName.ts';
import { sanitiseName } from './lmEval/sanitise.ts';
import { taskConfig, versionOf } from './lmEval/taskConfig.ts';
import { LM_EVAL_VERSION } from './provenance.ts';
import type { TaskSummary } from './summarise.ts';
import type { ColumnFacts, TaskRun } from './types.ts';

/** All that a results file says of one column. */
export interface ColumnResults {
  readonly facts: ColumnFacts;
  readonly tasks: readonly SummarisedRun[];
  readonly request: EvaluateRequest;
  /** Of this program. */
  readonly toolVersion: string;
  readonly started: Date;
}

export interface SummarisedRun {
  readonly run: TaskRun;
  readonly summary: TaskSummary;
  /** lm-eval's `task_hashes`. */
  readonly samplesHash: string;
}

/** In the order of lm-eval's keys (evaluator.py, loggers/utils.py, loggers/evaluation_tracker.py), ours at the end. */
export function resultsObject(results: ColumnResults): object {
  const { facts, tasks, request, toolVersion, started } = results;
  const byTask = <T>(make: (of: SummarisedRun) => T): Record<string, T> =>
    Object.fromEntries(tasks.map((of) => [of.run.task.name, make(of)]));
  const modelName = columnName(facts);
  return {
    results: byTask(taskResults),
    group_subtasks: {},
    configs: byTask(({ run }) => taskConfig(run.task, run.fewShot)),
    versions: byTask(({ run }) => versionOf(run.task)),
    'n-shot': byTask(({ run }) => run.fewShot),
    higher_is_better: byTask(({ run }) =>
      Object.fromEntries(run.task.metrics.map(({ metric, higherIsBetter }) => [metric, higherIsBetter])),
    ),
    'n-samples': byTask(({ run, summary }) => ({ original: run.documents, effective: summary.n })),
    config: configOf(facts, request),
    git_hash: '',
    date: new PyFloat(started.getTime() / 1000),
    pretty_env_info: `PortLLM ${toolVersion}, Node.js ${process.version}, ${process.platform} ${process.arch}`,
    transformers_version: 'N/A',
    lm_eval_version: LM_EVAL_VERSION,
    upper_git_hash: null,
    tokenizer_pad_token: ['', 'None'],
    tokenizer_eos_token: [facts.specialTokens.eos ?? '', 'None'],
    tokenizer_bos_token: [facts.specialTokens.bos ?? '', 'None'],
    eot_token_id: null,
    max_length: facts.maxLength,
    task_hashes: byTask(({ samplesHash }) => samplesHash),
    model_source: 'portllm',
    model_name: modelName,
    model_name_sanitized: sanitiseName(modelName),
    system_instruction: null,
    system_instruction_sha: null,
    fewshot_as_multiturn: false,
    chat_template: null,
    chat_template_sha: null,
    total_evaluation_time_seconds: String(tasks.reduce((sum, { run }) => sum + run.seconds, 0)),
    portllm: provenanceOf(results),
  };
}

function taskResults({ run, summary }: SummarisedRun): object {
  const entry: Record<string, unknown> = { name: run.task.name, alias: run.task.alias, sample_len: summary.n };
  for (const { key, metric, filter, value, stderr } of summary.metrics) {
    entry[key] = new PyFloat(value);
    entry[`${metric}_stderr,${filter}`] = stderr === 'N/A' ? stderr : new PyFloat(stderr);
  }
  return entry;
}

function configOf(facts: ColumnFacts, request: EvaluateRequest): object {
  return {
    model: 'portllm',
    model_args: {
      pretrained: facts.model,
      peft: facts.patches.length === 0 ? undefined : facts.patches.map(({ path }) => path).join(','),
      scale: facts.patches.length === 0 ? undefined : facts.patches.map(({ scale }) => scale).join(','),
      dtype: 'float32',
      bos: facts.bos,
    },
    model_num_parameters: facts.parameters,
    model_dtype: facts.dtype,
    model_revision: '',
    model_sha: '',
    batch_size: 'auto',
    batch_sizes: [],
    device: facts.device,
    use_cache: null,
    limit: request.limit ?? null,
    bootstrap_iters: request.bootstrapIterations,
    gen_kwargs: null,
    random_seed: 0,
    numpy_seed: request.seed,
    torch_seed: request.seed,
    fewshot_seed: request.seed,
  };
}

/** What `RESULTS_PROVENANCE` reads; what is undefined is not written. */
function provenanceOf({ facts, tasks, request, toolVersion }: ColumnResults): object {
  return {
    version: toolVersion,
    emulates: `lm-eval ${LM_EVAL_VERSION}`,
    column: facts,
    tasks: Object.fromEntries(
      tasks.map(({ run, summary: { truncated, ties } }) => {
        const { name, source, hash } = run.task;
        return [name, { source, hash, ...run, task: undefined, records: undefined, truncated, ties }];
      }),
    ),
    request: { ...request, columns: undefined, out: undefined },
  };
}
