/** A matrix in words, as its page shows it. */
export interface MatrixView {
  readonly title: string;
  readonly subtitle: string;
  /** `portllm.matrix` runs it, here or on a cluster. */
  readonly isRunning: boolean;
  readonly isComplete: boolean;
  /** Of the rows: a patch at a scale. */
  readonly rows: readonly string[];
  readonly columns: readonly ViewMeasure[];
  readonly cells: readonly (readonly ViewCell[])[];
  /** Whether any patch was retrained. */
  readonly hasRecovery: boolean;
  readonly notes: readonly string[];
}

export interface ViewMeasure {
  readonly base: string;
  readonly task: string;
  /** `acc, higher is better` */
  readonly metric: string;
  /** The base alone. */
  readonly alone: string;
}

export interface ViewCell {
  /** Of the ported patch. */
  readonly score: string;
  readonly difference: ViewShade & { readonly interval: string; readonly words: string };
  readonly recovery: ViewShade & { readonly interval: string; readonly words: string };
  /** Whether something can be opened. */
  readonly isThere: boolean;
}

/** A number with its colour. */
export interface ViewShade {
  /** `–` where there is none. */
  readonly text: string;
  /** From −1, worst, to 1, best, among its like; null where there is none. */
  readonly shade: number | null;
  /** Beside colours: better, worse, or neither is shown. */
  readonly sign: '▲' | '▼' | '';
}
