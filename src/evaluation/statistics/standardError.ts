import { InputError } from '../../base/errors.ts';
import { pythonRandom } from '../random/mersenneTwister.ts';
import { statistic, type Aggregation, type Column } from './aggregations.ts';
import { formatInteger } from './format.ts';
import { drawItems, paced, sampleDeviation } from './resample.ts';

export interface StandardErrorOptions {
  /** lm-eval's --bootstrap_iters, 100,000 unless told; with 0 it gives no standard errors at all. */
  readonly bootstrapIterations?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StandardError {
  readonly value: number;
  readonly n: number;
  readonly method: 'analytic' | 'bootstrap';
  /** "standard error by bootstrap, n = 408, 100,000 draws (lm-eval's)" */
  readonly text: string;
}

const CHUNK = 1000;
/** lm-eval's list; weighted_perplexity and bits_per_byte are not on it and get "N/A". */
const BOOTSTRAPPED: readonly Aggregation[] = ['median', 'matthews_corrcoef', 'f1', 'perplexity'];

/** lm-eval's own number beside a metric (stderr_for_metric), or undefined where it writes "N/A". */
export async function standardError(
  aggregation: Aggregation,
  values: Column,
  { bootstrapIterations = 100_000, signal }: StandardErrorOptions = {},
): Promise<StandardError | undefined> {
  if (!Number.isInteger(bootstrapIterations) || bootstrapIterations < 0)
    throw new InputError(`A bootstrap of ${bootstrapIterations} iterations cannot be made.`);
  const n = values.length;
  if (bootstrapIterations === 0 || n < 2) return undefined;
  if (aggregation === 'mean') return ofMean(values);
  if (!BOOTSTRAPPED.includes(aggregation)) return undefined;
  const replicates = await bootstrap(aggregation, values, bootstrapIterations, signal);
  const draws = `${formatInteger(replicates.length)} draws`;
  const text = `standard error by bootstrap, n = ${formatInteger(n)}, ${draws} (lm-eval's)`;
  return { value: sampleDeviation(replicates), n, method: 'bootstrap', text };
}

/** s/√n with s² = Σ(x − x̄)²/(n − 1): mean_stderr; of zeros and ones √(p(1 − p)/(n − 1)). */
function ofMean(values: Column): StandardError {
  const n = values.length;
  const numbers = values.map((value, item) => {
    if (typeof value === 'number') return value;
    throw new InputError(`Item ${item} holds a pair, but mean takes one number of each item.`);
  });
  const value = sampleDeviation(numbers) / Math.sqrt(n);
  return { value, n, method: 'analytic', text: `standard error of the mean, n = ${formatInteger(n)} (lm-eval's)` };
}

/**
 * The replicates of bootstrap_stderr: chunks of 1000 draws of random.choices, chunk i by random.Random(i). What is left
 * of the iterations beyond whole chunks is not drawn there either.
 */
async function bootstrap(
  aggregation: Aggregation,
  values: Column,
  iterations: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const statisticOf = statistic(aggregation, values);
  const chunk = Math.min(CHUNK, iterations);
  const replicates = new Float64Array(Math.floor(iterations / chunk) * chunk);
  const items = new Int32Array(values.length);
  let generator = pythonRandom(0);
  const random = (): number => generator.random();
  await paced(replicates.length, values.length, signal, (draw) => {
    if (draw % chunk === 0) generator = pythonRandom(draw / chunk);
    drawItems(items, random);
    replicates[draw] = statisticOf(items);
  });
  return replicates;
}
