import { everyItem, statistic, type Aggregation, type Column } from './aggregations.ts';
import { sameItems } from './columns.ts';
import { formatInteger } from './format.ts';
import { percentileInterval, type Interval } from './interval.ts';
import { pairedTable, type PairedTable } from './pairedTable.ts';
import { minus, resample, sampleDeviation, type ResampleOptions } from './resample.ts';

export interface CompareOptions extends ResampleOptions {
  /** mean unless told. */
  readonly aggregation?: Aggregation | undefined;
}

/** Two columns of the same items: how much a is above b. */
export interface Comparison {
  readonly aggregation: Aggregation;
  readonly n: number;
  readonly a: number;
  readonly b: number;
  /** a − b */
  readonly difference: number;
  /** By paired bootstrap. */
  readonly interval: Interval;
  /** The standard deviation of the draws' differences. */
  readonly standardError: number;
  /** Of means of zeros and ones. */
  readonly table: PairedTable | undefined;
  /** Where the interval promises more than it can. */
  readonly note: string | undefined;
}

/** What rounding can make of equal differences. */
const NOISE = 1e-12;

/** The paired comparison that lm-eval does not make: difference, interval, and of zeros and ones the 2×2 table. */
export async function compareColumns(a: Column, b: Column, options: CompareOptions = {}): Promise<Comparison> {
  const { aggregation = 'mean' } = options;
  const n = sameItems(aggregation, [
    ['the first column', a],
    ['the second column', b],
  ]);
  const [ofA, ofB] = [statistic(aggregation, a), statistic(aggregation, b)];
  const { values, draws } = await resample([ofA, ofB], n, options);
  const differences = minus(values[0], values[1]);
  const interval = percentileInterval(differences, draws);
  const [valueOfA, valueOfB] = [ofA(everyItem(n)), ofB(everyItem(n))];
  return {
    ...{ aggregation, n, a: valueOfA, b: valueOfB, difference: valueOfA - valueOfB },
    ...{ interval, standardError: sampleDeviation(differences) },
    table: aggregation === 'mean' ? pairedTable(a, b) : undefined,
    note: interval.high - interval.low <= NOISE * (Math.abs(valueOfA) + Math.abs(valueOfB)) ? zeroWidth(n) : undefined,
  };
}

/** Nothing seen in n items leaves shares up to 1 − 0.05^(1/n), some 3/n, possible (the "rule of three"). */
function zeroWidth(n: number): string {
  const unseen = (100 * (1 - 0.05 ** (1 / n))).toPrecision(2);
  return (
    `The interval has no width because (nearly) no draw of items changes the difference. That is no certainty: ` +
    `what happens to fewer than ${Number(unseen)} % of all items goes unseen in ${formatInteger(n)} (95 %).`
  );
}
