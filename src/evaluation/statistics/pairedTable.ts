import type { Column } from './aggregations.ts';
import { formatInteger } from './format.ts';
import { Z95, type Interval } from './interval.ts';
import { exactMcNemar } from './mcnemar.ts';

/** Two columns of zeros and ones on the same items. */
export interface PairedTable {
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
  /** √(onlyA + onlyB − (onlyA − onlyB)²/n)/n, of the difference (onlyA − onlyB)/n. */
  readonly standardError: number;
  /** Difference ± 1.96 standard errors. */
  readonly interval: Interval;
  readonly pValue: number;
  /** "exact McNemar test, two-sided, 12 discordant of n = 200" */
  readonly test: string;
  /** Items that a alone got right, by their place in the columns. */
  readonly gained: readonly number[];
  /** Items that b alone got right. */
  readonly lost: readonly number[];
}

/** Undefined where a value is neither 0 nor 1. The error is that of a paired difference of proportions (Newcombe 1998). */
export function pairedTable(a: Column, b: Column): PairedTable | undefined {
  if (![a, b].flat().every((value) => value === 0 || value === 1)) return undefined;
  const n = a.length;
  const items = [...a.keys()];
  const gained = items.filter((i) => a[i] === 1 && b[i] === 0);
  const lost = items.filter((i) => a[i] === 0 && b[i] === 1);
  const [onlyA, onlyB] = [gained.length, lost.length];
  const both = items.filter((i) => a[i] === 1 && b[i] === 1).length;
  const difference = (onlyA - onlyB) / n;
  const standardError = Math.sqrt(Math.max(0, onlyA + onlyB - (onlyA - onlyB) ** 2 / n)) / n;
  return {
    ...{ both, onlyA, onlyB, neither: n - both - onlyA - onlyB },
    ...{ standardError, interval: wald(difference, standardError, n) },
    pValue: exactMcNemar(onlyA, onlyB),
    test: `exact McNemar test, two-sided, ${formatInteger(onlyA + onlyB)} discordant of n = ${formatInteger(n)}`,
    ...{ gained, lost },
  };
}

function wald(difference: number, standardError: number, n: number): Interval {
  const text = `95 % normal approximation of the paired 2×2 table, n = ${formatInteger(n)}`;
  return { low: difference - Z95 * standardError, high: difference + Z95 * standardError, level: 0.95, text };
}
