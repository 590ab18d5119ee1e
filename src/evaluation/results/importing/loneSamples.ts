import { basename, dirname, resolve } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { aggregate } from '../../statistics/aggregations.ts';
import { standardError } from '../../statistics/standardError.ts';
import type { ImportedColumn, ImportedItem, ImportedMetric } from './imported.ts';
import { knownMetric, splitKey } from './metrics.ts';

/** Of f1's standard error, which nobody has computed yet. */
const BOOTSTRAP_ITERATIONS = 1000;
/** With their filters: each is averaged by itself. */
const MAX_METRICS = 100;

/** A samples file without its results: the numbers are computed from its values. */
export async function aloneInSamples(
  path: string,
  task: string,
  items: readonly ImportedItem[],
): Promise<ImportedColumn> {
  const keys = new Set(items.flatMap(({ values }) => Object.keys(values)));
  if (keys.size > MAX_METRICS)
    throw new InputError(`${path} has values of more than ${MAX_METRICS} metrics, which no task has.`);
  const metrics: Record<string, ImportedMetric> = {};
  for (const key of keys) metrics[key] = await metricFrom(key, items);
  const n = items.length;
  const unknown = { documents: null, limit: null, fewShot: null, version: null, complete: true, truncated: 0 };
  const label = basename(dirname(resolve(path)));
  return { label, source: path, tool: 'lm-eval', tasks: { [task]: { metrics, n, ...unknown, items } } };
}

async function metricFrom(key: string, items: readonly ImportedItem[]): Promise<ImportedMetric> {
  const [metric] = splitKey(key);
  const values = items.map((item) => item.values[key]).filter((value) => value !== undefined);
  const { aggregation = 'mean', higherIsBetter } = knownMetric(metric) ?? {};
  const error = await standardError(aggregation, values, { bootstrapIterations: BOOTSTRAP_ITERATIONS });
  return { value: aggregate(aggregation, values), stderr: error?.value ?? null, aggregation, higherIsBetter };
}
