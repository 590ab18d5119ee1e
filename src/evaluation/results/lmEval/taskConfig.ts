import type { FilterStep, MetricDefinition, Task } from '../../tasks/task.ts';
import { PyFloat } from '../../tasks/python/values.ts';

/** A task as lm-eval's TaskConfig.to_dict has it (lm_eval/config/task.py): what is not given is left out. */
export function taskConfig(task: Task, fewShot: number): Record<string, unknown> {
  const { fewShot: examples } = task;
  return {
    task: task.name,
    task_alias: task.alias === task.name ? undefined : task.alias,
    dataset_path: task.datasetPath,
    dataset_name: task.datasetName,
    dataset_kwargs: task.datasetKwargs,
    training_split: task.trainingSplit,
    validation_split: task.validationSplit,
    test_split: task.testSplit,
    fewshot_split: examples.split,
    doc_to_text: task.docToText,
    doc_to_target: task.docToTarget,
    unsafe_code: false,
    doc_to_choice: task.docToChoice,
    description: task.description,
    target_delimiter: task.targetDelimiter,
    fewshot_delimiter: examples.fewShotDelimiter,
    gen_prefix: task.genPrefix,
    fewshot_config: {
      sampler: examples.sampler,
      split: examples.split ?? null,
      samples: examples.samples ?? null,
      doc_to_text: examples.docToText ?? null,
      doc_to_choice: examples.docToChoice ?? null,
      doc_to_target: examples.docToTarget ?? null,
      gen_prefix: examples.genPrefix ?? null,
      fewshot_delimiter: examples.fewShotDelimiter,
      target_delimiter: examples.targetDelimiter,
    },
    num_fewshot: fewShot,
    metric_list: task.metrics.map((metric) => metricConfig(task, metric)),
    output_type: task.outputType,
    generation_kwargs: task.generation && {
      until: task.generation.until,
      do_sample: false,
      temperature: new PyFloat(0),
      max_gen_toks: task.generation.maxTokens,
    },
    repeats: 1,
    filter_list: filterList(task),
    should_decontaminate: false,
    metadata: { version: versionOf(task) },
  };
}

/** A task without a version has lm-eval's default (api/task.py). */
export function versionOf({ version }: Task): unknown {
  return typeof version === 'number' ? new PyFloat(version) : (version ?? 'Yaml');
}

function metricConfig(
  { outputType }: Task,
  { metric, aggregation, higherIsBetter, options }: MetricDefinition,
): object {
  const match = {
    ignore_case: options.ignoreCase,
    ignore_punctuation: options.ignorePunctuation,
    ignore_numbers: options.ignoreNumbers,
    regexes_to_ignore: options.regexesToIgnore,
  };
  return { metric, aggregation, higher_is_better: higherIsBetter, ...(outputType === 'generate_until' ? match : {}) };
}

function filterList({ filters }: Task): object[] | undefined {
  if (filters.every(({ name, steps }) => name === 'none' && steps.length === 0)) return undefined;
  return filters.map(({ name, steps }) => ({ name, filter: [...steps.map(filterStep), { function: 'take_first' }] }));
}

function filterStep(step: FilterStep): object {
  switch (step.kind) {
    case 'regex':
      return {
        function: 'regex',
        regex_pattern: step.pattern,
        group_select: step.groupSelect,
        fallback: step.fallback,
      };
    case 'map':
      return { function: 'map', mapping_dict: step.mapping, default_value: step.otherwise };
    default:
      return { function: step.kind };
  }
}
