/** Plain data only: a plan can be printed, sent to a page and stored. No weights were read to make it. */
import type { CheckpointIdentity } from '../checkpoint/identityTypes.ts';
import type { PatchKind } from '../patch/keys.ts';
import type { Refusal } from '../patch/refusal.ts';

export const OUTPUT_KINDS = ['checkpoint', 'adapter'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** What a person asks for. */
export interface PortRequest {
  /** The adapter folder. */
  readonly patch: string;
  /** The checkpoint to port onto (θ'). */
  readonly onto: string;
  /** The checkpoint that the patch was trained on (θ); only compared, as pure deltas do not need it. */
  readonly from?: string | undefined;
  /** The folder to be made. */
  readonly out: string;
  readonly as: OutputKind;
  /** λ, multiplies Δ; 1 is the method as published. */
  readonly scale: number;
  /** The digest of the plan that was agreed to; a port of anything else is refused. */
  readonly agreed?: string | undefined;
}

/** One patched tensor: which one, by what, and how. */
export interface PlanItem {
  readonly module: string;
  /** The layer's number in the module's name, where it has one. */
  readonly layer: number | null;
  /** The last part of the module's name: q_proj, embed_tokens … */
  readonly type: string;
  readonly target: string;
  readonly shard: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly kind: PatchKind;
  /** The rule that led from the patch's key to the target. */
  readonly rule: string;
  readonly tensors: readonly string[];
  readonly rank: number;
  readonly alpha: number;
  /** α/r or α/√r; multiplied with the plan's scale when applied. */
  readonly scaling: number;
  /** Δ is (B @ A)ᵀ: embeddings, and weights stored [in, out]. */
  readonly transposed: boolean;
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
  readonly coverage: Coverage;
  /** Bytes of weights that will be written. */
  readonly outputBytes: number;
  /** Changes when the inputs' headers or configurations, or the request, do. */
  readonly digest: string;
}
