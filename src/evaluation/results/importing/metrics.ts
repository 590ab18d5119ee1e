import { InputError } from '../../../base/errors.ts';
import { brief } from '../../../base/quote.ts';
import { AGGREGATIONS, type Aggregation } from '../../statistics/aggregations.ts';
import { defaultMetric } from '../../tasks/definition/metrics.ts';
import { METRICS } from '../../tasks/task.ts';
import { own } from '../own.ts';
import type { ImportedMetric } from './imported.ts';
import type { ResultsJson } from './resultsSchema.ts';

/** @throws InputError for the layout of lm-eval before 0.4, whose metrics had no filters */
export function metricsIn(json: ResultsJson, task: string, path: string): Record<string, ImportedMetric> {
  const entry = own(json.results, task) ?? {};
  const metrics: Record<string, ImportedMetric> = {};
  for (const [key, value] of Object.entries(entry)) {
    const [metric, filter] = splitKey(key);
    if (filter === undefined || metric.endsWith('_stderr') || typeof value !== 'number') continue;
    const stderr = entry[`${metric}_stderr,${filter}`];
    metrics[key] = { value, stderr: typeof stderr === 'number' ? stderr : null, ...natureOf(json, task, metric) };
  }
  const given = Object.keys(entry).filter((key) => key.includes(',') && !key.includes('_stderr,'));
  if (given.length > 0 && Object.keys(metrics).length === 0)
    throw new InputError(
      `${path}: of ${brief(task)}, ${brief(given.join(' and '))} ${given.length === 1 ? 'is' : 'are'} no number.`,
    );
  if (Object.keys(metrics).length === 0 && typeof entry.acc === 'number')
    throw new InputError(`${path} is of an lm-eval before 0.4, whose results are not read.`);
  return metrics;
}

/** "exact_match,strict-match" */
export function splitKey(key: string): readonly [metric: string, filter: string | undefined] {
  const comma = key.indexOf(',');
  return comma < 0 ? [key, undefined] : [key.slice(0, comma), key.slice(comma + 1)];
}

function natureOf(
  json: ResultsJson,
  task: string,
  metric: string,
): Pick<ImportedMetric, 'aggregation' | 'higherIsBetter'> {
  const said = own(json.configs, task)?.metric_list?.find((each) => each.metric === metric);
  const direction = own(own(json.higher_is_better, task), metric) ?? said?.higher_is_better;
  const known = knownMetric(metric);
  return {
    aggregation: said?.aggregation == null ? known?.aggregation : asAggregation(said.aggregation),
    higherIsBetter: typeof direction === 'boolean' ? direction : known?.higherIsBetter,
  };
}

/** By its name alone, as lm-eval's registry has it. */
export function knownMetric(name: string): Pick<ImportedMetric, 'aggregation' | 'higherIsBetter'> | undefined {
  const metric = METRICS.find((each) => each === name);
  if (metric === undefined) return undefined;
  const { aggregation, higherIsBetter } = defaultMetric(metric);
  return { aggregation, higherIsBetter };
}

function asAggregation(value: unknown): Aggregation | undefined {
  return AGGREGATIONS.find((each) => each === value);
}
