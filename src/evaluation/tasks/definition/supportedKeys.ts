import type { MergedYaml } from './includes.ts';
import { fail } from './source.ts';

const NO_PYTHON = 'needs Python, which is not run here';
const GROUP = 'belongs to a group of tasks; name its tasks one by one';

/** Keys of lm-eval's TaskConfig and group files that we do not carry out. */
const REFUSED: Readonly<Record<string, string>> = {
  process_docs: NO_PYTHON,
  process_results: NO_PYTHON,
  custom_dataset: NO_PYTHON,
  class: NO_PYTHON,
  recipe: NO_PYTHON,
  unsafe_code: 'says that the task runs code which the model wrote',
  doc_to_image: 'asks about pictures, which is not supported',
  doc_to_audio: 'asks about sounds, which is not supported',
  use_prompt: 'takes its prompt from a library of prompts, which is not supported',
  group: GROUP,
  group_alias: GROUP,
  aggregate_metric_list: GROUP,
  task_list: GROUP,
};

const SUPPORTED: ReadonlySet<string> = new Set([
  ...['task', 'task_alias', 'metadata', 'output_type', 'dataset_path', 'dataset_name', 'dataset_kwargs'],
  ...['training_split', 'validation_split', 'test_split', 'fewshot_split', 'fewshot_config', 'num_fewshot'],
  ...['doc_to_text', 'doc_to_target', 'doc_to_choice', 'description', 'target_delimiter', 'fewshot_delimiter'],
  ...['gen_prefix', 'generation_kwargs', 'filter_list', 'metric_list', 'repeats', 'columns', 'labels'],
]);
/** What they say has no bearing on a score. */
const IGNORED: ReadonlySet<string> = new Set(['tag', 'should_decontaminate', 'doc_to_decontamination_query']);

const PYTHON_HINT = 'Write it as a template, or prepare the documents with the function and evaluate those.';

/** @throws InputError naming the first key that is not supported, and where it stands */
export function refuseUnsupported(yaml: MergedYaml): void {
  for (const [key, value] of Object.entries(yaml.values)) {
    const python = yaml.functions.get(key);
    if (python && !IGNORED.has(key))
      fail(
        { place: () => python.place },
        [python.key],
        `is the Python function ${python.name}, and Python functions are not run here`,
        PYTHON_HINT,
      );
    if (value === null || value === false || IGNORED.has(key)) continue;
    const reason = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined;
    if (reason !== undefined) fail(yaml, [key], reason);
    if (key === 'task' && typeof value !== 'string') fail(yaml, [key], `is a list: it ${GROUP}`);
    if (!SUPPORTED.has(key)) fail(yaml, [key], 'is no key of a task that is known here');
  }
}
