import type { ProgressSink } from '../../base/progress.ts';
import type { ColumnFacts } from '../results/types.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Item } from '../types.ts';

/** A column before anything is computed. Files were read as far as needed to say what it is; weights were not. */
export interface PlannedColumn {
  readonly facts: Omit<ColumnFacts, 'memory'>;
  readonly tokenizer: Tokenizer;
  /** Of whatever its answers depend on, but for task and data. */
  readonly identity: string;
  /** @throws InputError with the estimate if answering these items would not fit into memory */
  assertFits(items: readonly Item[]): void;
  /** Makes it ready to answer them. @throws UserError; CancelledError */
  open(items: readonly Item[], options: OpenOptions): Promise<OpenedColumn>;
}

/** It can answer, until another one is opened. */
export interface OpenedColumn {
  readonly scorer: Scorer;
  /** Where the weights are. */
  readonly memory: string;
  readonly memoryBytes: number;
}

export interface OpenOptions {
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}
