import * as z from 'zod';
import { AGGREGATIONS, type Aggregation } from '../../statistics/aggregations.ts';
import type { OutputType } from '../../types.ts';
import { METRICS, type MatchOptions, type MetricDefinition, type MetricName } from '../task.ts';
import { Patterns } from './patterns.ts';
import { fail, read, type Path, type Source } from './source.ts';

/** A metric's values are single numbers, [gold, prediction], or [log-probability, weight]. */
type Shape = 'numbers' | 'labels' | 'weighted';
interface Known {
  readonly types: readonly OutputType[];
  readonly aggregation: Aggregation;
  readonly higherIsBetter: boolean;
  readonly shape: Shape;
}

/** lm-eval's registry (api/metrics.py), and the output types whose `process_results` gives the metric (api/task.py). */
const KNOWN: Readonly<Record<MetricName, Known>> = {
  acc: known(['multiple_choice', 'loglikelihood'], 'mean', true),
  acc_norm: known(['multiple_choice'], 'mean', true),
  acc_bytes: known(['multiple_choice'], 'mean', true),
  exact_match: known(['multiple_choice', 'generate_until'], 'mean', true),
  f1: known(['multiple_choice'], 'f1', true, 'labels'),
  mcc: known(['multiple_choice'], 'matthews_corrcoef', true, 'labels'),
  perplexity: known(['loglikelihood'], 'perplexity', false),
  word_perplexity: known(['loglikelihood_rolling'], 'weighted_perplexity', false, 'weighted'),
  byte_perplexity: known(['loglikelihood_rolling'], 'weighted_perplexity', false, 'weighted'),
  bits_per_byte: known(['loglikelihood_rolling'], 'bits_per_byte', false, 'weighted'),
};
const TAKES: Readonly<Record<Shape, readonly Aggregation[]>> = {
  numbers: ['mean', 'median', 'perplexity'],
  labels: ['f1', 'matthews_corrcoef'],
  weighted: ['weighted_perplexity', 'bits_per_byte'],
};
/** `DEFAULT_METRIC_REGISTRY` (api/registry.py). */
const DEFAULTS: Readonly<Record<OutputType, readonly MetricName[]>> = {
  loglikelihood: ['perplexity', 'acc'],
  loglikelihood_rolling: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
  multiple_choice: ['acc', 'acc_norm'],
  generate_until: ['exact_match'],
};

function known(
  types: readonly OutputType[],
  aggregation: Aggregation,
  higherIsBetter: boolean,
  shape: Shape = 'numbers',
): Known {
  return { types, aggregation, higherIsBetter, shape };
}

const MAX_PATTERNS = 20;
const schema = z.array(
  z.strictObject({
    metric: z.string(),
    aggregation: z.string().nullish(),
    higher_is_better: z.boolean().nullish(),
    /** Of groups: lm-eval hands it to metrics that do not look at it. */
    weight_by_size: z.boolean().nullish(),
    hf_evaluate: z.literal(false, "metrics of Hugging Face's evaluate are not supported").nullish(),
    ignore_case: z.boolean().default(false),
    ignore_punctuation: z.boolean().default(false),
    ignore_numbers: z.boolean().default(false),
    regexes_to_ignore: z.array(z.string()).max(MAX_PATTERNS).nullish(),
  }),
);

const NOTHING_IGNORED: MatchOptions = {
  ignoreCase: false,
  ignorePunctuation: false,
  ignoreNumbers: false,
  regexesToIgnore: [],
};

/** @throws InputError for a metric that is not supported, or does not fit the output type */
export function readMetrics(source: Source, value: unknown, outputType: OutputType): readonly MetricDefinition[] {
  if (value == null) return DEFAULTS[outputType].map(defaultMetric);
  const path: Path = ['metric_list'];
  const all = read(source, path, value, schema);
  const names = all.map(({ metric }) => metric);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0) fail(source, [...path, twice, 'metric'], `"${names[twice] ?? ''}" is given twice`);
  const patterns = new Patterns(source);
  const metrics = all.map((given, i): MetricDefinition => {
    const metric =
      METRICS.find((name) => name === given.metric) ?? refuse(source, [...path, i, 'metric'], given.metric);
    const { types, aggregation, higherIsBetter, shape } = KNOWN[metric];
    if (!types.includes(outputType)) fail(source, [...path, i, 'metric'], `"${metric}" is not for ${outputType}`);
    const regexesToIgnore = given.regexes_to_ignore ?? [];
    for (const [j, pattern] of regexesToIgnore.entries()) patterns.check([...path, i, 'regexes_to_ignore', j], pattern);
    return {
      metric,
      aggregation:
        given.aggregation == null
          ? aggregation
          : readAggregation(source, [...path, i, 'aggregation'], given.aggregation, shape),
      higherIsBetter: given.higher_is_better ?? higherIsBetter,
      options: {
        ignoreCase: given.ignore_case,
        ignorePunctuation: given.ignore_punctuation,
        ignoreNumbers: given.ignore_numbers,
        regexesToIgnore,
      },
    };
  });
  if (metrics.length === 0) fail(source, path, 'names no metric');
  return metrics;
}

export function defaultMetric(metric: MetricName): MetricDefinition {
  const { aggregation, higherIsBetter } = KNOWN[metric];
  return { metric, aggregation, higherIsBetter, options: NOTHING_IGNORED };
}

function refuse(source: Source, path: Path, metric: string): never {
  return fail(source, path, `"${metric}" is not supported`, `Supported are ${METRICS.join(', ')}.`);
}

function readAggregation(source: Source, path: Path, name: string, shape: Shape): Aggregation {
  const aggregation = AGGREGATIONS.find((each) => each === name);
  if (aggregation === undefined)
    fail(source, path, `"${name}" is not supported`, `Supported are ${AGGREGATIONS.join(', ')}.`);
  if (!TAKES[shape].includes(aggregation)) fail(source, path, `"${name}" cannot take the values of this metric`);
  return aggregation;
}
