import { aggregate, type Aggregation, type Column } from '../statistics/aggregations.ts';
import { standardError } from '../statistics/standardError.ts';
import { metricsOf, type MetricInfo } from '../tasks/score.ts';
import type { Answer } from '../types.ts';
import { summariseTies, type TieSummary } from './ties.ts';
import type { ItemRecord, TaskRun } from './types.ts';

export interface SummariseOptions {
  /** lm-eval's --bootstrap_iters. */
  readonly bootstrapIterations: number;
  readonly signal: AbortSignal;
}

export interface MetricSummary {
  /** "acc,none": metric and filter, as lm-eval's results name them. */
  readonly key: string;
  readonly metric: string;
  readonly filter: string;
  readonly aggregation: Aggregation;
  readonly higherIsBetter: boolean;
  readonly value: number;
  readonly stderr: number | 'N/A';
  /** "standard error of the mean, n = 500 (lm-eval's)" */
  readonly stderrText: string | null;
  readonly n: number;
}

/** A task's numbers. */
export interface TaskSummary {
  readonly task: string;
  readonly n: number;
  readonly complete: boolean;
  /** Metric by metric and filter by filter; none where nothing was answered. */
  readonly metrics: readonly MetricSummary[];
  /** Of a multiple choice. */
  readonly ties: TieSummary | null;
  /** Items of which a prompt lost its beginning because the model is shorter. */
  readonly truncated: number;
}

export async function summariseTask(run: TaskRun, options: SummariseOptions): Promise<TaskSummary> {
  const { task, records, complete } = run;
  const metrics: MetricSummary[] = [];
  if (records.length > 0)
    for (const info of metricsOf(task)) metrics.push(await summariseMetric(info, records, options));
  return {
    task: task.name,
    n: records.length,
    complete,
    metrics,
    ties: summariseTies(records.map(choicesOf)),
    truncated: records.filter(({ answers }) => answers.some(isTruncated)).length,
  };
}

async function summariseMetric(
  { metric, filter, aggregation, higherIsBetter }: MetricInfo,
  records: readonly ItemRecord[],
  { bootstrapIterations, signal }: SummariseOptions,
): Promise<MetricSummary> {
  const values = columnOf(records, metric, filter);
  const error = await standardError(aggregation, values, { bootstrapIterations, signal });
  return {
    ...{ key: `${metric},${filter}`, metric, filter, aggregation, higherIsBetter },
    value: aggregate(aggregation, values),
    stderr: error?.value ?? 'N/A',
    stderrText: error?.text ?? null,
    n: values.length,
  };
}

function columnOf(records: readonly ItemRecord[], metric: string, filter: string): Column {
  return records.map(({ item, scored }) => {
    const value = scored.find((each) => each.filter === filter)?.values[metric];
    if (value === undefined) throw new Error(`Item ${item.docId} has no ${metric},${filter}.`);
    return value;
  });
}

function choicesOf({ item, answers }: ItemRecord): { docId: number; logProbabilities: readonly number[] } {
  const logProbabilities = answers.map((answer) => (answer.kind === 'loglikelihood' ? answer.logProbability : NaN));
  return { docId: item.docId, logProbabilities };
}

function isTruncated(answer: Answer): boolean {
  return answer.kind !== 'loglikelihood_rolling' && answer.truncated > 0;
}
