/** How a matrix stands, as plain data that JSON does not change: for the command line and for the page. */
import type { Verdict } from '../results/compare.ts';
import type { Unit } from '../statistics/format.ts';

export interface MatrixState {
  readonly name: string;
  readonly out: string;
  /** The parts: cells, and ports if they are written. */
  readonly done: number;
  readonly total: number;
  readonly rows: readonly MatrixRow[];
  readonly columns: readonly MatrixMeasure[];
  /** Of the bases alone, one for each column. */
  readonly bases: readonly (Score | null)[];
  /** Of each row one for each column. */
  readonly cells: readonly (readonly MatrixCell[])[];
  /** Tests that the p-values are corrected for. */
  readonly tests: number;
  /** Folders of the ports that are written. */
  readonly ports: readonly string[];
}

export interface MatrixRow {
  readonly patch: string;
  readonly scale: number;
}

/** A task and metric on a base. */
export interface MatrixMeasure {
  readonly base: string;
  readonly task: string;
  /** Null while nothing is known of the task. */
  readonly metric: string | null;
  readonly unit: Unit;
  readonly higherIsBetter: boolean;
}

export interface Score {
  readonly value: number;
  readonly stderr: number | null;
  readonly n: number | null;
}

export interface MatrixCell {
  /** Of the ported patch; null while it is not computed. */
  readonly score: Score | null;
  /** Against the base alone, on the items that both have; null while one of them is missing. */
  readonly difference: CellDifference | null;
  /** Null where no patch was retrained, or something is missing. */
  readonly recovery: CellRecovery | null;
  /** Why there is no difference, though both are there. */
  readonly problem: string | null;
  /** Results files of all that it compares. */
  readonly sources: readonly string[];
}

export interface CellDifference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Corrected for all tests of the matrix (Holm); null where the metric is not of zeros and ones. */
  readonly p: number | null;
  readonly verdict: Verdict;
}

export interface CellRecovery {
  /** Null where retraining gains nothing. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Why there are no bounds, or why to doubt it. */
  readonly reason: string | null;
}
