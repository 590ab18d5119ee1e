import { InputError } from '../../base/errors.ts';
import type { Statistic } from './aggregations.ts';

type LabelPair = readonly [gold: number, prediction: number];

/**
 * F1 = 2·TP / (golds of 1 + predictions of 1), and 0 where nothing is 1: sklearn.metrics.f1_score with its defaults,
 * which lm-eval's `f1` calls (binary, pos_label 1, zero_division 0).
 */
export function binaryF1(pairs: readonly LabelPair[]): Statistic {
  const codes = Uint8Array.from(pairs, ([gold, prediction], item) => {
    if (isBit(gold) && isBit(prediction)) return 2 * gold + prediction;
    throw new InputError(
      `f1 takes the labels 0 and 1, but item ${item} has ${gold} and ${prediction}.`,
      'For more labels, matthews_corrcoef is the aggregation that takes them all.',
    );
  });
  const counts = new Int32Array(4);
  return (items) => {
    countCodes(codes, items, counts);
    const [, onlyPredicted = 0, onlyGold = 0, both = 0] = counts;
    return both === 0 ? 0 : (2 * both) / (2 * both + onlyGold + onlyPredicted);
  };
}

/**
 * R_K = (c·s − Σ t_k·p_k) / √((s² − Σ p_k²)(s² − Σ t_k²)) with c correct of s items, t_k golds and p_k predictions of
 * label k, and 0 where the root is 0: sklearn.metrics.matthews_corrcoef (Gorodkin 2004; for two labels Matthews' φ).
 */
export function matthews(pairs: readonly LabelPair[]): Statistic {
  const numbers = new Map([...new Set(pairs.flat())].map((label, i) => [label, i]));
  const place = (label: number): number => numbers.get(label) ?? 0;
  const golds = Int32Array.from(pairs, ([gold]) => place(gold));
  const predictions = Int32Array.from(pairs, ([, prediction]) => place(prediction));
  // No table of all pairs of labels: there may be a label for each item.
  const [ofGolds, ofPredictions] = [new Int32Array(numbers.size), new Int32Array(numbers.size)];
  return (items) => {
    ofGolds.fill(0);
    ofPredictions.fill(0);
    let correct = 0;
    // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
    for (let i = 0; i < items.length; i++) {
      const [gold, prediction] = [golds[items[i] ?? 0] ?? 0, predictions[items[i] ?? 0] ?? 0];
      ofGolds[gold] = (ofGolds[gold] ?? 0) + 1;
      ofPredictions[prediction] = (ofPredictions[prediction] ?? 0) + 1;
      if (gold === prediction) correct++;
    }
    return correlation(ofGolds, ofPredictions, correct, items.length);
  };
}

function correlation(golds: Int32Array, predictions: Int32Array, correct: number, all: number): number {
  const spread = (all ** 2 - product(predictions, predictions)) * (all ** 2 - product(golds, golds));
  return spread === 0 ? 0 : (correct * all - product(golds, predictions)) / Math.sqrt(spread);
}

function product(x: Int32Array, y: Int32Array): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

/** One increment for each item: this loop is nearly all that a bootstrap of f1 does. */
export function countCodes(codes: Uint8Array | Int32Array, items: Int32Array, counts: Int32Array): void {
  counts.fill(0);
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
  for (let i = 0; i < items.length; i++) {
    const code = codes[items[i] ?? 0] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
}

function isBit(label: number): boolean {
  return label === 0 || label === 1;
}
