/** A comparison of results, ready to be shown: plain data, with every number in words as well. */
export interface EvaluationView {
  readonly title: string;
  readonly subtitle: string;
  /** What a port is worth, in a sentence for each task. */
  readonly headline: readonly string[];
  /** Where an evaluation was stopped: how much of it there is. */
  readonly partial: string | null;
  readonly columns: readonly ViewColumn[];
  /** A task with one of its metrics each. */
  readonly rows: readonly ViewRow[];
  readonly sweeps: readonly ViewSweep[];
  /** What must be known to read the numbers: about p-values, ties, items that are missing. */
  readonly notes: readonly string[];
  /** How it was computed. */
  readonly how: readonly (readonly [label: string, value: string])[];
  readonly warnings: readonly string[];
  /** The column that the others are compared with; null where there is only one. */
  readonly reference: number | null;
}

export interface ViewColumn {
  readonly label: string;
  readonly role: string | null;
  /** The file that it was read from. */
  readonly source: string;
  /** A further scale of a sweep, which is shown there and not among the columns. */
  readonly isSwept: boolean;
}

/** Shares are shown in percent. */
export type ViewUnit = 'percent' | 'plain';

export interface ViewRow {
  readonly task: string;
  readonly metric: string;
  /** "kind · acc" */
  readonly name: string;
  /** Null where nobody says so. */
  readonly higherIsBetter: boolean | null;
  readonly unit: ViewUnit;
  /** By column; null where a column has not this task. */
  readonly cells: readonly (ViewCell | null)[];
  /** Of each column against the reference, and of the port against the retrained patch. */
  readonly differences: readonly ViewDifference[];
  /** How much of what retraining gains the port gains too. */
  readonly recoveries: readonly string[];
}

export interface ViewCell {
  /** Null where it is not finite. */
  readonly value: number | null;
  readonly stderr: number | null;
  /** Null where the file does not say it. */
  readonly n: number | null;
  /** "86.8 ± 1.5" */
  readonly text: string;
}

/** `column` minus `reference`, in the metric's own units. */
export interface ViewDifference {
  readonly column: number;
  readonly reference: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Items that both have. */
  readonly n: number;
  /** "+12.0" */
  readonly text: string;
  /** "[−8.0, 16.0]" */
  readonly interval: string;
  /** "95 % paired bootstrap, n = 200, 10,000 draws, seed 0" */
  readonly kind: string;
  readonly pValue: number | null;
  readonly adjusted: number | null;
  /** "better (p = 0.004)" */
  readonly verdict: string;
  /** "exact McNemar test, two-sided, 12 discordant of n = 200" */
  readonly test: string | null;
  /** What must be known of this one: items that were left out, an interval without width. */
  readonly notes: readonly string[];
  readonly flips: ViewFlips | null;
}

/** Items that one of the two got right and the other did not. */
export interface ViewFlips {
  readonly gained: readonly ViewItem[];
  readonly lost: readonly ViewItem[];
  /** All of them, also where the lists are cut. */
  readonly gainedCount: number;
  readonly lostCount: number;
}

export interface ViewItem {
  readonly docId: number;
  /** Its number in the other column. */
  readonly referenceDocId: number;
  readonly excerpt: string;
}

/** A task's score at every scale λ of the patch. */
export interface ViewSweep {
  /** "kind · acc" */
  readonly name: string;
  /** What is swept. */
  readonly label: string;
  readonly unit: ViewUnit;
  readonly points: readonly ViewPoint[];
  readonly best: number;
  /** That the best of several is optimistic, and what it is when it is chosen on other items. */
  readonly caveats: readonly string[];
}

export interface ViewPoint {
  readonly scale: number;
  readonly value: number;
  readonly stderr: number | null;
  readonly text: string;
}

/** An evaluation that runs. */
export interface LiveView {
  /** "storyteller-v2 · kind: 128 of 500 items · 3 s left" */
  readonly progress: string;
  readonly columns: readonly string[];
  readonly rows: readonly LiveViewRow[];
}

export interface LiveViewRow {
  readonly name: string;
  readonly unit: ViewUnit;
  readonly cells: readonly LiveViewCell[];
}

export interface LiveViewCell {
  /** Of the items that are done. */
  readonly share: number;
  /** "128 of 500" */
  readonly count: string;
  readonly value: number | null;
  readonly stderr: number | null;
  readonly text: string;
}

/** One item as two columns answered it. */
export interface ViewItemDetail {
  readonly task: string;
  readonly docId: number;
  readonly prompt: string;
  readonly target: string;
  readonly columns: readonly [string, string];
  readonly choices: readonly ViewChoice[];
  /** What the two generated. */
  readonly texts: readonly (readonly string[])[];
}

export interface ViewChoice {
  readonly text: string;
  readonly isTarget: boolean;
  /** Natural logarithms, of each column; null where the file has none. */
  readonly logProbabilities: readonly (number | null)[];
  /** Whether it has the highest of its column; metrics that divide by length may choose another. */
  readonly isBest: readonly boolean[];
}

/** One row of the list of evaluations. */
export interface RunView {
  /** The folder of an evaluation, or the file that was imported. */
  readonly id: string;
  readonly title: string;
  readonly status: RunStatus;
  /** "3 columns, 26 Nov 2026, 14:05", or how far it is. */
  readonly detail: string;
}

/** Stored and imported: results that are there, whoever made them. */
export const RUN_STATUSES = ['running', 'finished', 'stopped', 'failed', 'stored', 'imported'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
