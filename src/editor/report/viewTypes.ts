/** A report of a port, of what was diagnosed, or of both, ready to be shown: plain data. */
import type {
  Finding,
  Histogram,
  ModuleGroup,
  NextStep,
  PrincipalAngles,
  Spectrum,
  Verdict,
} from '../../diagnostics/types.ts';

export interface ReportView {
  readonly title: string;
  readonly subtitle: string;
  /** A port that was done, or weights that were only looked at. */
  readonly kind: 'port' | 'diagnosis';
  /** Null where nothing was diagnosed yet. */
  readonly verdict: ViewVerdict | null;
  /** Why it cannot be diagnosed, where it cannot. */
  readonly cannotDiagnose: string | null;
  readonly warnings: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly coverage: readonly ViewShare[];
  readonly metrics: readonly ViewMetric[];
  readonly tensors: readonly ViewTensor[];
  readonly notes: readonly string[];
  /** The loss of tasks along two lines through the weights; empty where none was probed. */
  readonly probes: readonly ViewProbe[];
}

export interface ViewProbe {
  readonly task: string;
  readonly subtitle: string;
  readonly lines: readonly ViewProbeLine[];
}

export interface ViewProbeLine {
  readonly title: string;
  /** "t", "λ" */
  readonly parameter: string;
  /** What the first and the last point are. */
  readonly ends: readonly [string, string];
  readonly points: readonly ViewProbePoint[];
}

export interface ViewProbePoint {
  readonly parameter: number;
  readonly loss: number;
  readonly stderr: number | null;
  readonly text: string;
  /** "86.8 %" */
  readonly accuracy: string | null;
}

export interface ViewVerdict {
  readonly verdict: Verdict;
  readonly findings: readonly ViewFinding[];
  readonly next: readonly NextStep[];
  /** The figure that the gravest finding follows from; null where all fits. */
  readonly figure: string | null;
  /** When it was found out. */
  readonly made: string;
}

export interface ViewFinding extends Finding {
  /** "certain", "hint: shown for merging, not for ports" */
  readonly evidence: string;
  /** "arXiv 2510.09658" */
  readonly sourceName: string | null;
}

export interface ViewShare {
  readonly share: number;
  readonly words: string;
}

/** How a number is written. */
export type MetricUnit = 'number' | 'percent' | 'signed' | 'times';

/** How a number of several tensors together comes about. */
export type Combine =
  | { readonly kind: 'norm' }
  /** Of two norms, by their names. */
  | { readonly kind: 'ratio'; readonly of: string; readonly to: string }
  /** Of all elements together, from the cosines and the norms of both sides, by their names; chance shrinks with their number. */
  | { readonly kind: 'cosine'; readonly a: string; readonly b: string }
  | { readonly kind: 'mean' };

export interface ViewMetric {
  readonly name: string;
  readonly label: string;
  /** "Patch", "Evolution" … */
  readonly group: string;
  readonly explanation: string;
  readonly unit: MetricUnit;
  /** What the number beside it is: "by chance ±"; null where there is none. */
  readonly beside: string | null;
  readonly combine: Combine;
}

export interface ViewTensor {
  readonly target: string;
  readonly module: string;
  readonly layer: number | null;
  readonly type: string;
  readonly group: ModuleGroup;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly method: string;
  /** In the order of the metrics; null where it is not known. */
  readonly values: readonly (number | null)[];
  /** What chance gives. */
  readonly chances: readonly (number | null)[];
}

/** What is asked for when a tensor is chosen. */
export interface ViewDetail {
  readonly target: string;
  readonly spectrum: Spectrum | null;
  readonly histogram: Histogram | null;
  readonly angles: PrincipalAngles | null;
}
