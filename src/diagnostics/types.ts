/** What `diagnose` finds out: plain data, every number beside what it is to be compared with. */
import type { CheckpointIdentity } from '../checkpoint/identityTypes.ts';
import type { PatchSummary } from '../port/plan/planTypes.ts';

/** Leading directions where none are named: as many as a patch of common rank has. */
export const DIRECTIONS = 16;

export interface DiagnoseRequest {
  /** The patch, at this scale λ. */
  readonly patch: string;
  readonly scale: number;
  /** The new base (θ'). */
  readonly onto: string;
  /** The old base (θ); without it nothing is known of the evolution. */
  readonly from?: string | undefined;
  /** A patch for the same task that was trained on the new base. */
  readonly against?: string | undefined;
  /** Leading singular directions that subspaces are spanned by; 0 leaves them out. */
  readonly directions: number;
}

/** Of one patched tensor, or of several together. Norms are Frobenius norms. */
export interface Norms {
  /** ‖Δ‖, at the scale asked for. */
  readonly delta: number;
  /** ‖W'‖ of the new base. */
  readonly weight: number;
  /** ‖S‖ and ‖W‖ of evolution and old base; null without the old base. */
  readonly evolution: number | null;
  readonly oldWeight: number | null;
}

/** A number beside what chance gives. */
export interface Beside {
  readonly value: number;
  readonly chance: number;
}

export interface Rounding {
  /** Share of the elements with Δ ≠ 0 that rounding leaves as they were. */
  readonly absorbed: number;
  /** ‖round(W' + Δ) − W' − Δ‖ / ‖Δ‖ */
  readonly error: number;
}

export const OUTPUT_DTYPES = ['BF16', 'F16', 'F32'] as const;
export type OutputDtype = (typeof OUTPUT_DTYPES)[number];

export interface Spectrum {
  /** Descending, at the scale asked for; of a Δ of high rank the leading ones. */
  readonly values: readonly number[];
  /** Whether these are all that are not zero. */
  readonly complete: boolean;
  /** ‖Δ‖_F² / σ₁² */
  readonly stableRank: number;
}

export interface Alignment {
  /** cos(Δ, S); by chance its standard deviation is 1/√(mn). */
  readonly cosine: Beside;
  /** ‖QᵀU_k‖_F² / r of the patch's column space and the evolution's k leading left directions; by chance k/m. */
  readonly columns: Beside | null;
  /** The same of its row space; by chance k/n. */
  readonly rows: Beside | null;
}

/** ‖P_U Δ P_V‖_F / ‖Δ‖_F on the k leading singular directions of a base. */
export interface Kept {
  readonly newBase: number;
  /** The same on the old base's; null without it. */
  readonly oldBase: number | null;
  /** √(k²/(mn)): of a random Δ. */
  readonly chance: number;
}

/** A retrained patch Δ', and C = Δ' − Δ, in weight space. */
export interface Retrained {
  readonly norm: number;
  /** ‖C‖ / ‖Δ‖; √(1 + (‖Δ'‖/‖Δ‖)²) where the two are orthogonal, as random ones are. */
  readonly distance: Beside;
  readonly cosine: Beside;
}

/** Cosines of the principal angles between two subspaces, descending, beside those of a random pair of the same sizes. */
export interface Angles {
  readonly cosines: readonly number[];
  readonly chance: readonly number[];
}

/** Between the column spaces and between the row spaces of a patch and a retrained one. */
export interface PrincipalAngles {
  readonly columns: Angles;
  readonly rows: Angles;
}

/** The elements with Δ ≠ 0 by size: bin i holds 2^(from + i) ≤ |Δ| < 2^(from + i + 1), that of −127 all that is smaller. */
export interface Histogram {
  readonly from: number;
  readonly counts: readonly number[];
  /** How many of each bin rounding leaves as they were. */
  readonly absorbed: Readonly<Record<OutputDtype, readonly number[]>>;
}

export interface TensorDiagnosis {
  readonly target: string;
  readonly module: string;
  readonly layer: number | null;
  readonly type: string;
  readonly group: ModuleGroup;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly method: string;
  readonly norms: Norms;
  readonly spectrum: Spectrum;
  /** cos(W, W'), near 1 where one was trained from the other. */
  readonly lineage: number | null;
  readonly alignment: Alignment | null;
  readonly kept: Kept | null;
  readonly rounding: Readonly<Record<OutputDtype, Rounding>>;
  readonly retrained: Retrained | null;
  /** Null without a retrained patch, or where one of the two is zero. */
  readonly angles: PrincipalAngles | null;
  readonly histogram: Histogram;
}

export const MODULE_GROUPS = ['attention', 'feed-forward', 'other'] as const;
export type ModuleGroup = (typeof MODULE_GROUPS)[number];

/** Several tensors together: sums of squares are added, so that large tensors count for more. */
export interface Aggregate {
  /** "layer 3", "q_proj", "attention", "all" */
  readonly name: string;
  readonly tensors: number;
  readonly norms: Norms;
  readonly lineage: number | null;
  /** cos(Δ, S) of all elements together, beside 1/√(elements). */
  readonly cosine: Beside | null;
  readonly rounding: Readonly<Record<OutputDtype, Rounding>>;
  readonly retrained: Retrained | null;
}

export interface Diagnosis {
  readonly request: DiagnoseRequest;
  readonly patch: PatchSummary;
  readonly newBase: CheckpointIdentity;
  readonly oldBase: CheckpointIdentity | null;
  readonly tensors: readonly TensorDiagnosis[];
  readonly all: Aggregate;
  readonly layers: readonly Aggregate[];
  readonly types: readonly Aggregate[];
  readonly groups: readonly Aggregate[];
  readonly summary: Summary;
}

export const VERDICTS = ['fits', 'look closer', 'does not fit'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A: shown for moving a fine-tune to another base; B: shown for merging; C: plausible, no evidence found. */
export type Grade = 'certain' | 'A' | 'B' | 'C';

/** The grades in words. */
export const GRADES: Readonly<Record<Grade, string>> = {
  certain: 'certain',
  A: 'hint: shown for moving a fine-tune to another base',
  B: 'hint: shown for merging, not for ports',
  C: 'hint: plausible, without evidence',
};

/** A note decides nothing: there is no limit to hold it against. */
export const WEIGHTS = ['note', ...VERDICTS] as const;
export type Weight = (typeof WEIGHTS)[number];

export interface Finding {
  readonly verdict: Weight;
  readonly text: string;
  readonly grade: Grade;
  /** Where the evidence is. */
  readonly source: string | null;
  /** The figure that it follows from, where a report has one by this name. */
  readonly figure?: string | undefined;
}

export interface Summary {
  /** The gravest of the findings. */
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly next: readonly NextStep[];
}

export interface NextStep {
  readonly text: string;
  /** The same on the command line. */
  readonly command: string | null;
}
