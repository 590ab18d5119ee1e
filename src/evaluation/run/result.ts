import type { Comparison } from '../results/compare.ts';
import type { OutputType } from '../types.ts';

/** What an evaluation ends with; all of it is also in the files. */
export interface EvaluateResult {
  /** The folder that was asked for. */
  readonly out: string;
  /** Result files, one for each column. */
  readonly files: readonly string[];
  /** Items of all columns on all tasks. */
  readonly items: { readonly answered: number; readonly asked: number };
  /** False where it was stopped and the numbers are of the items that were answered. */
  readonly complete: boolean;
  readonly comparison: Comparison;
  /** How it was computed: device, memory, BOS, truncation. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** A task as lists show it. */
export interface TaskListing {
  readonly name: string;
  /** 'built in', or the file it stands in. */
  readonly source: string;
  /** Undefined where it could not be read. */
  readonly outputType: OutputType | undefined;
  readonly fewShot: number;
  /** Documents of its split, where the data was found. */
  readonly documents: number | undefined;
  /** Why it cannot be evaluated, and what to do. */
  readonly problem: string | undefined;
  readonly hint?: string | undefined;
}
