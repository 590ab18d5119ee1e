/** Plain data only: a plan can be printed, sent to a page and stored. */
import type { CheckpointIdentity } from '../../checkpoint/identityTypes.ts';
import type { CombineOptions } from '../../patch/combine/arithmetic.ts';
import type { PatchKind } from '../../patch/keys.ts';
import type { Recipe } from '../../patch/recipe.ts';
import type { Refusal } from '../../patch/refusal.ts';

export const OUTPUT_KINDS = ['checkpoint', 'adapter'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/**
 * What becomes of a head that the new base ties to its embedding, where a patch changes one of the two: `separate` writes
 * both, as training computed; `shared` adds to the one matrix, as PEFT's merge does.
 */
export const TIED_CHOICES = ['separate', 'shared'] as const;
export type TiedChoice = (typeof TIED_CHOICES)[number];

export interface PatchWeight {
  readonly patch: string;
  readonly weight: number;
}

/** What becomes of block-scaled FP8 weights: quantised anew where they are patched, or all of them written as BF16. */
export const FLOAT8_CHOICES = ['requantise', 'bf16'] as const;
export type Float8Choice = (typeof FLOAT8_CHOICES)[number];

/** What a person asks for. */
export interface PortRequest {
  /** The adapter folder. */
  readonly patch: string;
  /** λ of this patch in a sum of several. */
  readonly weight?: number | undefined;
  /** Further patches, combined with the first into one. */
  readonly plus?: readonly PatchWeight[] | undefined;
  readonly combine?: CombineOptions | undefined;
  /** The checkpoint to port onto (θ'). */
  readonly onto: string;
  /** The checkpoint that the patch was trained on (θ); needed where Δ is a difference against it. */
  readonly from?: string | undefined;
  /** The folder to be made. */
  readonly out: string;
  readonly as: OutputKind;
  /** λ, multiplies Δ; 1 is the method as published. */
  readonly scale: number;
  /** Without it, what training saw: separate, unless the patch says that the weights were kept tied. */
  readonly tied?: TiedChoice | undefined;
  /** Without it, FP8 stays FP8. */
  readonly float8?: Float8Choice | undefined;
  /** The digest of the plan that was agreed to; a port of anything else is refused. */
  readonly agreed?: string | undefined;
}

/** One term of a delta. */
export interface PlanPart {
  readonly kind: PatchKind;
  readonly recipe: Recipe;
  readonly tensors: readonly string[];
  /** The rule that led from the patch's key to the target. */
  readonly rule: string;
  /** Of this Δ as it is stored: the target's, but for rows that a vocabulary moved, or a part of the target's rows. */
  readonly shape: readonly number[];
  /** Δ is stored [in, out]. */
  readonly transposed: boolean;
  /** The first row of the target that it covers. */
  readonly begin: number;
  /** Its tensor in the old base, where Δ is a difference. */
  readonly old: string | null;
  /** Rows are matched by token, not by position. */
  readonly byToken: boolean;
  /** Tensors that must be the same as its own: the patch saved the tied matrix under both names. */
  readonly copies: readonly Copy[];
}

export interface Copy {
  readonly own: string;
  readonly copy: string;
  /** It is the transpose of its own: an embedding's factors are those of the head, the other way round. */
  readonly transposed: boolean;
}

/** One patched tensor: which one, by what, and how. */
export interface PlanItem {
  readonly module: string;
  /** The layer's number in the module's name, where it has one. */
  readonly layer: number | null;
  /** The last part of the module's name: q_proj, embed_tokens … */
  readonly type: string;
  readonly target: string;
  /** The new base's tensor that it starts from: the target, but for a head that is untied. */
  readonly source: string;
  readonly shard: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The gravest of its parts. */
  readonly kind: PatchKind;
  readonly method: string;
  readonly rule: string;
  readonly tensors: readonly string[];
  readonly rank: number | null;
  /** α/r or α/√r; multiplied with the plan's scale when applied. */
  readonly scaling: number | null;
  readonly parts: readonly PlanPart[];
  /** Set on the scales of an FP8 weight that is quantised anew: that weight. */
  readonly scaleOf?: string;
}

export interface Coverage {
  readonly patchTensors: number;
  readonly matchedPatchTensors: number;
  readonly touchedTensors: number;
  readonly baseTensors: number;
  readonly touchedParameters: number;
  readonly baseParameters: number;
}

export interface PatchSummary {
  readonly path: string;
  readonly name: string;
  readonly baseName: string | null;
  readonly method: string;
  readonly ranks: readonly number[];
  readonly dtype: string;
  readonly rankStabilised: boolean;
}

export interface PortPlan {
  readonly request: PortRequest;
  readonly patch: PatchSummary;
  readonly newBase: CheckpointIdentity;
  readonly oldBase: CheckpointIdentity | null;
  readonly items: readonly PlanItem[];
  /** If there is any, nothing is written. */
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** What speaks for or against the old base being the one that the patch was trained on. */
  readonly evidence: readonly string[];
  readonly coverage: Coverage;
  /** Part of the patch is a difference against the old base. */
  readonly needsOldBase: boolean;
  /** The head and the embedding, tied in the new base, become two tensors. */
  readonly unties: boolean;
  /** Bytes of weights that will be written. */
  readonly outputBytes: number;
  /** Free on the disk of the output; null where that cannot be told. */
  readonly freeBytes: number | null;
  /** Changes when the inputs' headers or configurations, or the request, do. */
  readonly digest: string;
}
