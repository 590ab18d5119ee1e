import type { ColumnRole } from '../../request.ts';
import type { Aggregation } from '../../statistics/aggregations.ts';
import type { Unit } from '../../statistics/format.ts';
import type { Interval } from '../../statistics/interval.ts';
import type { Recovery } from '../../statistics/recovery.ts';
import type { HonestScore, ScaleScore } from '../../statistics/scaleSweep.ts';
import type { TieSummary } from '../ties.ts';
import type { ColumnFacts } from '../types.ts';

/**
 * Several columns side by side, as plain data that JSON does not change. Columns are named by their place in `columns`.
 */
export interface Comparison {
  readonly columns: readonly ComparedColumn[];
  /** Which all others are compared with; null where there is only one. */
  readonly reference: number | null;
  /** One of each task and metric. */
  readonly tables: readonly TaskComparison[];
  /** Columns that differ only in their patches' scale. */
  readonly sweeps: readonly SweptColumns[];
  /** What makes columns not comparable, or only with care. */
  readonly warnings: readonly string[];
}

export interface ComparedColumn {
  /** Unlike that of every other column. */
  readonly label: string;
  readonly role: ColumnRole | null;
  readonly source: string;
  readonly tool: string;
  readonly facts: ColumnFacts | null;
}

export interface TaskComparison {
  readonly task: string;
  /** "acc,none" */
  readonly key: string;
  readonly metric: string;
  readonly filter: string;
  readonly aggregation: Aggregation | null;
  readonly higherIsBetter: boolean | null;
  readonly unit: Unit;
  /** One for each column; null where it has no such result. */
  readonly cells: readonly (Cell | null)[];
  readonly differences: readonly Difference[];
  readonly recoveries: readonly PortRecovery[];
  readonly sweeps: readonly Sweep[];
  /** Why something that could be expected is not there. */
  readonly notes: readonly string[];
}

export interface Cell {
  /** Null where it is not finite. */
  readonly value: number | null;
  /** lm-eval's; null where it says "N/A". */
  readonly stderr: number | null;
  readonly n: number | null;
  readonly documents: number | null;
  readonly complete: boolean;
  readonly truncated: number;
  readonly ties: TieSummary | null;
}

/** The items that several columns share. */
export interface Pairing {
  readonly n: number;
  /** Where the hashes of documents say little (other column names, another version), prompt and target do. */
  readonly by: 'document' | 'prompt and target';
  /** Of each column, in the order in which they are named: items that no other column has. */
  readonly leftOut: readonly number[];
}

export type Verdict = 'better' | 'worse' | 'no difference shown';

/** How much `column` is above `against`, on the items that both have. */
export interface Difference {
  readonly column: number;
  readonly against: number;
  readonly pairing: Pairing;
  readonly difference: number;
  readonly interval: Interval;
  readonly standardError: number;
  /** Of zeros and ones. */
  readonly test: DifferenceTest | null;
  /** By the corrected p where there is one, else by whether the interval holds 0. */
  readonly verdict: Verdict;
  /** Of zeros and ones. */
  readonly flips: Flips | null;
  /** Where the interval promises more than it can. */
  readonly note: string | null;
}

export interface DifferenceTest {
  readonly p: number;
  /** Holm's correction over all tests of these two columns. */
  readonly corrected: number;
  readonly tests: number;
  readonly text: string;
}

export interface Flips {
  /** Items that `column` alone has right. */
  readonly gained: readonly Flip[];
  /** Items that `against` alone has right. */
  readonly lost: readonly Flip[];
}

export interface Flip {
  /** Of `column`. */
  readonly docId: number;
  /** Of `against`, which may number its documents otherwise. */
  readonly againstDocId: number;
  /** The end of its prompt. */
  readonly excerpt: string;
}

export interface PortRecovery {
  readonly ported: number;
  readonly retrained: number;
  readonly newBase: number;
  readonly pairing: Pairing;
  readonly recovery: Recovery;
}

/** Ascending scales and their columns. */
export interface SweptColumns {
  /** What the columns' labels share. */
  readonly label: string;
  readonly points: readonly { readonly scale: number; readonly column: number }[];
}

/** A task's curve over the scales. */
export interface Sweep {
  /** Its place in the comparison's `sweeps`. */
  readonly of: number;
  readonly pairing: Pairing;
  readonly points: readonly { readonly scale: number; readonly value: number | null; readonly stderr: number | null }[];
  /** Optimistic: chosen on the items that it is reported on. */
  readonly best: ScaleScore;
  readonly honest: Omit<HonestScore, 'values'>;
  /** The honest values against the reference column, where that is not one of them. */
  readonly honestDifference: Pick<Difference, 'difference' | 'interval' | 'verdict'> | null;
}
