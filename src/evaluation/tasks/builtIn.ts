import { defaultMetric } from './definition/metrics.ts';
import { NO_FILTER } from './definition/filters.ts';
import { withHash, type FilterPipeline, type MetricName, type Task, type TaskDefinition } from './task.ts';

/**
 * The seven tasks of the PortLLM paper, as lm-eval 0.4.13 defines them (lm_eval/tasks/{glue,super_glue,winogrande,gsm8k},
 * MIT). `columns` and `labels` are ours: what the local files that are about call them.
 */
const COMMON = {
  targetDelimiter: ' ',
  description: '',
  filters: [NO_FILTER],
  columns: {},
  labels: {},
  fewShot: { sampler: 'default', targetDelimiter: ' ', fewShotDelimiter: '\n\n' },
} as const;

/** A classification of GLUE's kind: examples from train, questions from validation. */
function classification(
  name: string,
  version: number,
  dataset: readonly [path: string, name: string],
  prompt: string,
  choices: readonly string[],
  local: Pick<TaskDefinition, 'columns' | 'labels'>,
  metrics: readonly MetricName[] = ['acc'],
): TaskDefinition {
  const fields = { docToText: prompt, docToTarget: 'label', docToChoice: choices };
  return {
    ...COMMON,
    ...fields,
    ...local,
    name,
    alias: name,
    version,
    outputType: 'multiple_choice',
    datasetPath: dataset[0],
    datasetName: dataset[1],
    trainingSplit: 'train',
    validationSplit: 'validation',
    fewShot: { ...COMMON.fewShot, ...fields },
    metrics: metrics.map(defaultMetric),
  };
}

const GLUE = 'nyu-mll/glue';
const TRUE_OR_FALSE = '{{sentence1}}\nQuestion: {{sentence2}} True or False?\nAnswer:';

const BOOLQ = classification(
  'boolq',
  2,
  ['aps/super_glue', 'boolq'],
  '{{passage}}\nQuestion: {{question}}?\nAnswer:',
  ['no', 'yes'],
  { columns: { label: ['answer'] }, labels: { label: { false: 0, true: 1, no: 0, yes: 1 } } },
);

const SST2 = classification(
  'sst2',
  1,
  [GLUE, 'sst2'],
  '{{sentence}}\nQuestion: Is this sentence positive or negative?\nAnswer:',
  ['negative', 'positive'],
  { columns: { sentence: ['text'] }, labels: { label: { negative: 0, positive: 1 } } },
);

const MRPC = classification(
  'mrpc',
  1,
  [GLUE, 'mrpc'],
  'Sentence 1: {{sentence1}}\nSentence 2: {{sentence2}}\nQuestion: Do both sentences mean the same thing?\nAnswer:',
  ['no', 'yes'],
  {
    columns: { sentence1: ['#1 String'], sentence2: ['#2 String'], label: ['Quality'] },
    labels: { label: { not_equivalent: 0, equivalent: 1 } },
  },
  ['acc', 'f1'],
);

const RTE = classification('rte', 1, [GLUE, 'rte'], TRUE_OR_FALSE, ['True', 'False'], {
  columns: { sentence1: ['premise'], sentence2: ['hypothesis'] },
  labels: { label: { entailment: 0, not_entailment: 1 } },
});

const WNLI = classification('wnli', 2, [GLUE, 'wnli'], TRUE_OR_FALSE, ['False', 'True'], {
  columns: { sentence1: ['premise'], sentence2: ['hypothesis'] },
  labels: { label: { not_entailment: 0, entailment: 1 } },
});

/** The names look swapped and are lm-eval's: the text is the gold number, the choices are contexts. */
const WINOGRANDE_FIELDS = { docToText: 'gold', docToTarget: 'continuation', docToChoice: 'contexts' } as const;
const WINOGRANDE: TaskDefinition = {
  ...COMMON,
  ...WINOGRANDE_FIELDS,
  name: 'winogrande',
  alias: 'winogrande',
  version: 1,
  outputType: 'multiple_choice',
  datasetPath: 'allenai/winogrande',
  datasetName: 'winogrande_xl',
  trainingSplit: 'train',
  validationSplit: 'validation',
  fewShot: { ...COMMON.fewShot, ...WINOGRANDE_FIELDS },
  metrics: [defaultMetric('acc')],
  form: 'winogrande',
};

const GSM8K_FIELDS = { docToText: 'Question: {{question}}\nAnswer:', docToTarget: '{{answer}}' } as const;
const GSM8K: TaskDefinition = {
  ...COMMON,
  ...GSM8K_FIELDS,
  name: 'gsm8k',
  alias: 'gsm8k',
  version: 3,
  outputType: 'generate_until',
  datasetPath: 'openai/gsm8k',
  datasetName: 'main',
  trainingSplit: 'train',
  testSplit: 'test',
  numFewShot: 5,
  fewShot: { ...COMMON.fewShot, ...GSM8K_FIELDS, split: 'train' },
  generation: { until: ['Question:', '</s>', '<|im_end|>'], maxTokens: 256 },
  filters: [
    pick('strict-match', '#### (\\-?[0-9\\.\\,]+)', 0),
    pick('flexible-extract', '(-?[$0-9.,]{2,})|(-?[0-9]+)', -1),
  ],
  metrics: [
    {
      ...defaultMetric('exact_match'),
      options: {
        ignoreCase: true,
        ignorePunctuation: false,
        ignoreNumbers: false,
        regexesToIgnore: [',', '\\$', '(?s).*#### ', '\\.$'],
      },
    },
  ],
};

function pick(name: string, pattern: string, groupSelect: number): FilterPipeline {
  return { name, steps: [{ kind: 'regex', pattern, groupSelect, fallback: '[invalid]' }] };
}

const TASKS: readonly Task[] = [BOOLQ, SST2, MRPC, RTE, WINOGRANDE, WNLI, GSM8K].map((definition) =>
  withHash(definition, 'built in'),
);

export function listBuiltIn(): readonly Task[] {
  return TASKS;
}
