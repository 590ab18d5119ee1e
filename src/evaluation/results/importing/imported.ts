import type { ColumnRole } from '../../request.ts';
import type { Aggregation } from '../../statistics/aggregations.ts';
import type { MetricValue } from '../../types.ts';
import type { ColumnFacts } from '../types.ts';

/** Results that were read from files, ours or lm-eval's. */
export interface ImportedColumn {
  readonly label: string;
  /** Ours says what it stands for; whoever reads others' may. */
  readonly role?: ColumnRole | undefined;
  /** The file that it was read from; of several the newest. */
  readonly source: string;
  /** "PortLLM 0.4.0", "lm-eval 0.4.13" */
  readonly tool: string;
  /** Only ours says how a column was computed. */
  readonly facts?: ColumnFacts | undefined;
  readonly tasks: Readonly<Record<string, ImportedTask>>;
}

export interface ImportedTask {
  /** By "acc,none": metric and filter. */
  readonly metrics: Readonly<Record<string, ImportedMetric>>;
  /** Items that were answered, where the file says so. */
  readonly n: number | null;
  /** Documents of the split, where the file says so. */
  readonly documents: number | null;
  readonly limit: number | null;
  readonly fewShot: number | null;
  readonly version: string | null;
  /** False where it was stopped before its end. */
  readonly complete: boolean;
  readonly truncated: number;
  /** By the number of the document; undefined where there is no samples file. */
  readonly items?: readonly ImportedItem[] | undefined;
}

export interface ImportedMetric {
  readonly value: number;
  /** Null where lm-eval says "N/A". */
  readonly stderr: number | null;
  /** Undefined where neither the file nor the metric's name tells one that is known. */
  readonly aggregation?: Aggregation | undefined;
  readonly higherIsBetter?: boolean | undefined;
}

export interface ImportedItem {
  readonly docId: number;
  readonly docHash: string;
  readonly promptHash: string;
  readonly targetHash: string;
  /** The end of the prompt in one line: what is asked stands there. */
  readonly excerpt: string;
  /** By "acc,none". A value that is neither a number nor a pair is left out. */
  readonly values: Readonly<Record<string, MetricValue>>;
  /** Of a multiple choice. */
  readonly choiceLogProbabilities?: readonly number[] | undefined;
}
