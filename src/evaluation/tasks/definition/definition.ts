import * as z from 'zod';
import { OUTPUT_TYPES, type OutputType } from '../../types.ts';
import { compile } from '../jinja/render.ts';
import { TemplateError } from '../jinja/templateError.ts';
import { MAX_CHOICES, type ChoicesField, type Field, type FewShotDefinition, type TaskDefinition } from '../task.ts';
import { readFilters } from './filters.ts';
import { readGeneration } from './generation.ts';
import type { MergedYaml } from './includes.ts';
import { readMetrics } from './metrics.ts';
import { fail, read, type Path, type Source } from './source.ts';
import { refuseUnsupported } from './supportedKeys.ts';

const MAX_FEW_SHOT = 100;
const MAX_COLUMNS = 100;
const MAX_LABELS = 1000;
const MAX_NAME = 200;

function few<T extends z.ZodType>(type: T): T {
  return type.refine(
    (value) => !Array.isArray(value) || value.length <= MAX_CHOICES,
    `more than ${MAX_CHOICES} choices`,
  );
}

const field = z.union([z.string(), z.int()]).nullish();
const target = few(z.union([z.string(), z.int(), z.array(z.union([z.string(), z.int()])).min(1)]).nullish());
const choices = few(
  z
    .union([
      z.string(),
      z.array(z.string()).min(1),
      z.record(z.string(), z.string()).transform((by) => Object.values(by)),
    ])
    .nullish(),
);
const text = z.string().nullish();

function atMost<T extends z.ZodRecord>(count: number, record: T): T {
  return record.refine((entries) => Object.keys(entries).length <= count, `more than ${count} entries`);
}

const schema = z.looseObject({
  task: z.string().min(1).max(MAX_NAME),
  task_alias: text,
  metadata: z.unknown().optional(),
  output_type: z.enum(OUTPUT_TYPES).default('generate_until'),
  dataset_path: text,
  dataset_name: text,
  dataset_kwargs: z.record(z.string(), z.unknown()).nullish(),
  training_split: text,
  validation_split: text,
  test_split: text,
  fewshot_split: text,
  doc_to_text: field,
  doc_to_target: target,
  doc_to_choice: choices,
  description: text,
  target_delimiter: z.string().default(' '),
  fewshot_delimiter: z.string().default('\n\n'),
  gen_prefix: text,
  num_fewshot: z.int().nonnegative().max(MAX_FEW_SHOT).nullish(),
  repeats: z.literal(1, 'only one answer to a request is asked for').nullish(),
  columns: atMost(MAX_COLUMNS, z.record(z.string(), z.array(z.string()).max(MAX_COLUMNS))).default({}),
  labels: atMost(MAX_COLUMNS, z.record(z.string(), atMost(MAX_LABELS, z.record(z.string(), z.int())))).default({}),
});

const fewShotSchema = z.strictObject({
  sampler: z.enum(['default', 'first_n']).default('default'),
  split: text,
  samples: z.array(z.record(z.string(), z.unknown())).min(1).nullish(),
  doc_to_text: field,
  doc_to_target: target,
  doc_to_choice: choices,
  gen_prefix: text,
  target_delimiter: text,
  fewshot_delimiter: text,
});

/** What a YAML file says of a task. @throws InputError with file, line, column and key of what cannot be used */
export function readDefinition(yaml: MergedYaml): TaskDefinition {
  refuseUnsupported(yaml);
  const given = read(yaml, [], yaml.values, schema);
  const outputType = given.output_type;
  const definition: TaskDefinition = {
    name: given.task,
    alias: given.task_alias ?? given.task,
    version: versionOf(given.metadata),
    outputType,
    datasetPath: given.dataset_path ?? undefined,
    datasetName: given.dataset_name ?? undefined,
    datasetKwargs: given.dataset_kwargs ?? undefined,
    trainingSplit: given.training_split ?? undefined,
    validationSplit: given.validation_split ?? undefined,
    testSplit: given.test_split ?? undefined,
    docToText: given.doc_to_text ?? undefined,
    docToTarget: given.doc_to_target ?? undefined,
    docToChoice: given.doc_to_choice ?? undefined,
    description: given.description ?? '',
    targetDelimiter: given.target_delimiter,
    genPrefix: given.gen_prefix ?? undefined,
    numFewShot: given.num_fewshot ?? undefined,
    fewShot: readFewShot(yaml, yaml.values.fewshot_config, given),
    generation:
      outputType === 'generate_until'
        ? readGeneration(yaml, yaml.values.generation_kwargs, given.fewshot_delimiter)
        : undefined,
    filters: readFilters(yaml, yaml.values.filter_list, outputType),
    metrics: readMetrics(yaml, yaml.values.metric_list, outputType),
    columns: given.columns,
    labels: given.labels,
  };
  checkComplete(yaml, definition);
  checkTemplates(yaml, definition);
  return definition;
}

function versionOf(metadata: unknown): string | number | null {
  const version =
    typeof metadata === 'object' && metadata !== null && 'version' in metadata ? metadata.version : undefined;
  return typeof version === 'string' || typeof version === 'number' ? version : null;
}

function readFewShot(source: Source, value: unknown, task: z.output<typeof schema>): FewShotDefinition {
  const path: Path = ['fewshot_config'];
  if (typeof value === 'object' && value !== null && 'fewshot_indices' in value && value.fewshot_indices !== null)
    fail(source, [...path, 'fewshot_indices'], 'has no effect in lm-eval 0.4.13 and is not supported');
  const given = read(source, path, value ?? {}, fewShotSchema);
  return {
    sampler: given.sampler,
    split: given.split ?? task.fewshot_split ?? undefined,
    samples: given.samples ?? undefined,
    docToText: given.doc_to_text ?? task.doc_to_text ?? undefined,
    docToTarget: given.doc_to_target ?? task.doc_to_target ?? undefined,
    docToChoice: given.doc_to_choice ?? task.doc_to_choice ?? undefined,
    genPrefix: given.gen_prefix ?? task.gen_prefix ?? undefined,
    targetDelimiter: given.target_delimiter ?? task.target_delimiter,
    fewShotDelimiter: given.fewshot_delimiter ?? task.fewshot_delimiter,
  };
}

const NEEDS: Readonly<Record<OutputType, readonly ('doc_to_text' | 'doc_to_target' | 'doc_to_choice')[]>> = {
  multiple_choice: ['doc_to_text', 'doc_to_target', 'doc_to_choice'],
  loglikelihood: ['doc_to_text', 'doc_to_target'],
  loglikelihood_rolling: ['doc_to_target'],
  generate_until: ['doc_to_text', 'doc_to_target'],
};

function checkComplete(source: Source, definition: TaskDefinition): void {
  const present = {
    doc_to_text: definition.docToText,
    doc_to_target: definition.docToTarget,
    doc_to_choice: definition.docToChoice,
  };
  for (const key of NEEDS[definition.outputType])
    if (present[key] === undefined) fail(source, [key], `is missing: ${definition.outputType} needs it`);
  if (definition.testSplit === undefined && definition.validationSplit === undefined)
    fail(source, ['test_split'], 'is missing, and so is validation_split: one of them is evaluated');
}

/** Reads every template once, so that a fault in one shows before anything is asked. */
function checkTemplates(source: Source, definition: TaskDefinition): void {
  const templates: readonly (readonly [Path, Field | ChoicesField | undefined | readonly (string | number)[]])[] = [
    [['doc_to_text'], definition.docToText],
    [['doc_to_target'], definition.docToTarget],
    [['doc_to_choice'], definition.docToChoice],
    [['description'], definition.description],
    [['gen_prefix'], definition.genPrefix],
    [['fewshot_config', 'doc_to_text'], definition.fewShot.docToText],
    [['fewshot_config', 'doc_to_target'], definition.fewShot.docToTarget],
    [['fewshot_config', 'doc_to_choice'], definition.fewShot.docToChoice],
    [['fewshot_config', 'gen_prefix'], definition.fewShot.genPrefix],
  ];
  for (const [path, template] of templates) {
    if (typeof template !== 'string') continue;
    try {
      compile(template);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      fail(source, path, `is a template that cannot be read, at its line ${error.line}: ${error.message}`);
    }
  }
}
