import { basename, extname } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { defaultMetric } from './definition/metrics.ts';
import { NO_FILTER } from './definition/filters.ts';
import { shortened } from './python/values.ts';
import { withHash, type DocumentForm, type Task } from './task.ts';

const PROMPT = ['prompt', 'query', 'context', 'question'];
const CHOICES = ['choices', 'options'];
const GOLD = ['gold', 'answer', 'label', 'target'];
const ANSWER = ['answer', 'continuation', 'target'];

const BUILDERS: Readonly<Record<string, string>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.parquet': 'parquet',
  '.arrow': 'arrow',
};

/**
 * A task of a data file alone, as llm-foundry's and many of one's own are: a prompt with choices and the gold one
 * (multiple_choice, acc), or a prompt with its continuation (loglikelihood, perplexity and acc). Examples, if asked for,
 * come from the same file, never the question itself.
 *
 * @throws InputError if the columns are of neither kind
 */
export function dataFileTask(path: string, columns: readonly string[]): Task {
  const has = (names: readonly string[]): boolean => names.some((name) => columns.includes(name));
  const [form, fields] = has(CHOICES)
    ? (['choices', { prompt: PROMPT, choices: CHOICES, gold: GOLD }] as const)
    : (['continuation', { prompt: PROMPT, answer: ANSWER }] as const);
  for (const names of Object.values(fields))
    if (!has(names))
      throw new InputError(
        `${path} is no task: it has no column ${names.join(' or ')} (it has ${shortened(columns.join(', '))}).`,
        'Name the columns so, or describe the task in a YAML file as lm-evaluation-harness has them.',
      );
  return withHash(definition(path, form, fields), path);
}

function definition(
  path: string,
  form: DocumentForm,
  fields: Readonly<Record<string, readonly string[]>>,
): Parameters<typeof withHash>[0] {
  const ending = extname(path);
  const name = basename(path, ending);
  const docTo =
    form === 'choices'
      ? ({ docToText: 'prompt', docToTarget: 'gold', docToChoice: 'choices' } as const)
      : ({ docToText: 'prompt', docToTarget: 'answer' } as const);
  return {
    ...docTo,
    name,
    alias: name,
    version: null,
    outputType: form === 'choices' ? 'multiple_choice' : 'loglikelihood',
    datasetPath: BUILDERS[ending.toLowerCase()] ?? 'json',
    datasetKwargs: { data_files: { test: basename(path) } },
    testSplit: 'test',
    description: '',
    targetDelimiter: ' ',
    fewShot: { ...docTo, sampler: 'default', split: 'test', targetDelimiter: ' ', fewShotDelimiter: '\n\n' },
    filters: [NO_FILTER],
    metrics: (form === 'choices' ? (['acc'] as const) : (['perplexity', 'acc'] as const)).map(defaultMetric),
    columns: Object.fromEntries(
      Object.entries(fields).map(([first, names]) => [first, names.filter((each) => each !== first)]),
    ),
    labels: {},
    form,
  };
}
