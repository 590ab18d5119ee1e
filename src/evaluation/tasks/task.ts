import { sha256Of } from '../../base/hash.ts';
import type { Aggregation } from '../statistics/aggregations.ts';
import type { OutputType } from '../types.ts';

/** The most that lm-eval's own tasks have are some hundreds; every one is asked about every document. */
export const MAX_CHOICES = 1000;

/** A template, the name of a column, or a number (`doc_to_target: 0`). */
export type Field = string | number;
/** A template or a column that gives a list, or the choices themselves. */
export type ChoicesField = string | readonly string[];

/** What lm-eval's TaskConfig (lm_eval/config/task.py) says of the tasks that need no Python, and what we add to it. */
export interface TaskDefinition {
  readonly name: string;
  readonly alias: string;
  /** `metadata.version`. */
  readonly version: string | number | null;
  readonly outputType: OutputType;
  readonly datasetPath?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetKwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly trainingSplit?: string | undefined;
  readonly validationSplit?: string | undefined;
  readonly testSplit?: string | undefined;
  readonly docToText?: Field | undefined;
  readonly docToTarget?: Field | readonly (string | number)[] | undefined;
  readonly docToChoice?: ChoicesField | undefined;
  readonly description: string;
  readonly targetDelimiter: string;
  readonly genPrefix?: string | undefined;
  readonly numFewShot?: number | undefined;
  readonly fewShot: FewShotDefinition;
  /** Of generate_until alone. */
  readonly generation?: GenerationDefinition | undefined;
  readonly filters: readonly FilterPipeline[];
  readonly metrics: readonly MetricDefinition[];
  /** Ours: columns of the definition → what local files call them. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** Ours: columns → what their texts stand for. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Ours: documents are brought into this form before anything else. */
  readonly form?: DocumentForm | undefined;
}

export interface Task extends TaskDefinition {
  /** "built in", or the path of its file. */
  readonly source: string;
  /** SHA-256 of the definition, wherever it came from. */
  readonly hash: string;
}

/** How examples are written, where it differs from the question (lm-eval's FewshotConfig). */
export interface FewShotDefinition {
  readonly sampler: 'default' | 'first_n';
  /** `fewshot_config.split`, or `fewshot_split`. */
  readonly split?: string | undefined;
  readonly samples?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly docToText?: Field | undefined;
  readonly docToTarget?: Field | readonly (string | number)[] | undefined;
  readonly docToChoice?: ChoicesField | undefined;
  readonly genPrefix?: string | undefined;
  readonly targetDelimiter: string;
  readonly fewShotDelimiter: string;
}

export interface GenerationDefinition {
  readonly until: readonly string[];
  readonly maxTokens: number;
}

/** One of a task's `filter_list`; every pipeline ends by taking the only answer. */
export interface FilterPipeline {
  readonly name: string;
  readonly steps: readonly FilterStep[];
}

export type FilterStep =
  | { readonly kind: 'regex'; readonly pattern: string; readonly groupSelect: number; readonly fallback: string }
  | { readonly kind: 'remove_whitespace' | 'lowercase' | 'uppercase' }
  | { readonly kind: 'map'; readonly mapping: Readonly<Record<string, string>>; readonly otherwise: string | null };

export const METRICS = [
  'acc',
  'acc_norm',
  'acc_bytes',
  'exact_match',
  'f1',
  'mcc',
  'perplexity',
  'word_perplexity',
  'byte_perplexity',
  'bits_per_byte',
] as const;
export type MetricName = (typeof METRICS)[number];

export interface MetricDefinition {
  readonly metric: MetricName;
  readonly aggregation: Aggregation;
  readonly higherIsBetter: boolean;
  readonly options: MatchOptions;
}

/** Of exact_match on generated text. */
export interface MatchOptions {
  readonly ignoreCase: boolean;
  readonly ignorePunctuation: boolean;
  readonly ignoreNumbers: boolean;
  readonly regexesToIgnore: readonly string[];
}

/** What a data file of its own kind is turned into before its templates see it. */
export type DocumentForm = 'winogrande' | 'choices' | 'continuation';

export function withHash(definition: TaskDefinition, source: string): Task {
  return { ...definition, source, hash: sha256Of(canonical(definition)) };
}

/** JSON with sorted keys and without what is undefined. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** lm-eval evaluates on the test split where a task names one, else on validation (api/task.py, `eval_docs`). */
export function evaluationSplit(task: Task): string {
  // That there is one of them is checked where tasks are read.
  return task.testSplit ?? task.validationSplit ?? 'test';
}

/** Where examples come from: the split named for them, none where they are listed, else training, validation, test. */
export function fewShotSplit(task: Task): string | undefined {
  if (task.fewShot.split !== undefined) return task.fewShot.split;
  if (task.fewShot.samples !== undefined) return undefined;
  return task.trainingSplit ?? task.validationSplit ?? task.testSplit;
}
