import { InputError } from '../../base/errors.ts';
import type { MetricValue } from '../types.ts';
import { binaryF1, countCodes, matthews } from './labels.ts';

/** Those of lm-eval 0.4.13 (lm_eval/api/metrics.py) that need no library of translation scores, by its names. */
export const AGGREGATIONS = [
  'mean',
  'median',
  'perplexity',
  'weighted_perplexity',
  'bits_per_byte',
  'f1',
  'matthews_corrcoef',
] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** The values of one metric, an item each. */
export type Column = readonly MetricValue[];

/** The aggregation over the items whose numbers are given, each as often as it is given, in that order. */
export type Statistic = (items: Int32Array) => number;

/** A mean's direction is its metric's own; most that are averaged (acc, exact_match) are better when higher. */
export function higherIsBetter(aggregation: Aggregation): boolean {
  return !['perplexity', 'weighted_perplexity', 'bits_per_byte'].includes(aggregation);
}

export function aggregate(aggregation: Aggregation, values: Column): number {
  return statistic(aggregation, values)(everyItem(values.length));
}

export function everyItem(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

/**
 * mean Σx/n · median: the upper one, x₍⌊n/2⌋₎ · perplexity exp(−Σx/n) · weighted_perplexity exp(−Σx/Σw) · bits_per_byte
 * −Σx/(Σw·ln 2) · f1 and matthews_corrcoef of [gold, prediction] pairs. Sums are plain, in the items' order, as Python's
 * were before 3.12; later ones may differ in the last digit.
 */
export function statistic(aggregation: Aggregation, values: Column): Statistic {
  if (values.length === 0) throw new InputError(`There are no items whose ${aggregation} could be taken.`);
  switch (aggregation) {
    case 'mean':
      return mean(firsts(values, aggregation));
    case 'median':
      return median(firsts(values, aggregation));
    case 'perplexity': {
      const meanLogLikelihood = mean(firsts(values, aggregation));
      return (items) => Math.exp(-meanLogLikelihood(items));
    }
    case 'weighted_perplexity': {
      const perWeight = weightedMean(pairs(values, aggregation));
      return (items) => Math.exp(-perWeight(items));
    }
    case 'bits_per_byte': {
      const perByte = weightedMean(pairs(values, aggregation));
      return (items) => -perByte(items) / Math.LN2;
    }
    case 'f1':
      return binaryF1(pairs(values, aggregation));
    case 'matthews_corrcoef':
      return matthews(pairs(values, aggregation));
  }
}

function mean(values: Float64Array): Statistic {
  return (items) => sumOf(values, items) / items.length;
}

function weightedMean(values: readonly (readonly [number, number])[]): Statistic {
  const [of, weights] = [Float64Array.from(values, ([x]) => x), Float64Array.from(values, ([, weight]) => weight)];
  return (items) => sumOf(of, items) / sumOf(weights, items);
}

function sumOf(values: Float64Array, items: Int32Array): number {
  let sum = 0;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
  for (let i = 0; i < items.length; i++) sum += values[items[i] ?? 0] ?? 0;
  return sum;
}

/** By counting how often each value is drawn, which is linear where sorting every draw would not be. */
function median(values: Float64Array): Statistic {
  const sorted = Float64Array.from(new Set(values)).sort();
  const places = new Map(Array.from(sorted, (value, place) => [value, place]));
  const codes = Int32Array.from(values, (value) => places.get(value) ?? 0);
  const counts = new Int32Array(sorted.length);
  return (items) => {
    countCodes(codes, items, counts);
    let left = items.length >> 1;
    const place = counts.findIndex((count) => (left -= count) < 0);
    return sorted[place] ?? NaN;
  };
}

function firsts(values: Column, aggregation: Aggregation): Float64Array {
  return Float64Array.from(values, (value, item) => {
    if (typeof value === 'number') return value;
    throw new InputError(`Item ${item} holds a pair, but ${aggregation} takes one number of each item.`);
  });
}

function pairs(values: Column, aggregation: Aggregation): (readonly [number, number])[] {
  return values.map((value, item) => {
    if (typeof value !== 'number') return value;
    throw new InputError(`Item ${item} holds one number, but ${aggregation} takes a pair of each item.`);
  });
}
