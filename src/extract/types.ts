/** Plain data of an extraction, as it is asked for and as it is reported. */
import type { CheckpointIdentity } from '../checkpoint/identityTypes.ts';
import type { RecordedFile } from '../port/provenance.ts';

/** What the patch shall be: the whole difference, or a LoRA of one rank, or of the ranks that keep a share of it. */
export type ExtractForm =
  | { readonly kind: 'full' }
  | { readonly kind: 'rank'; readonly rank: number }
  | { readonly kind: 'energy'; readonly share: number; readonly maxRank: number };

export interface ExtractRequest {
  /** The fine-tuned checkpoint. */
  readonly tuned: string;
  /** The base it was made from. */
  readonly from: string;
  readonly out: string;
  readonly form: ExtractForm;
}

/** One tensor that fine-tuning changed. Norms are Frobenius norms. */
export interface ExtractedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly deltaNorm: number;
  readonly weightNorm: number;
  /**
   * About how much of ‖Δ‖ is rounding: a tuned weight of 16 bits lies up to half a unit from what training had
   * (√(Σ ulp² / 12) / ‖Δ‖); 0 in float32.
   */
  readonly roundingShare: number;
  /** How it is stored: Δ itself, a LoRA pair, or the tuned tensor whole. */
  readonly stored: 'full' | 'lora' | 'saved';
  readonly rank: number | null;
  /** ‖B A‖² / ‖Δ‖² of a LoRA pair; 1 where nothing is lost. */
  readonly kept: number;
}

export interface Extraction {
  readonly portllm: string;
  readonly form: ExtractForm;
  readonly tuned: CheckpointIdentity;
  readonly oldBase: CheckpointIdentity;
  readonly tensors: readonly ExtractedTensor[];
  /** Tensors that are the same in both. */
  readonly unchanged: number;
  readonly warnings: readonly string[];
  /** Every file of the patch's folder but this one. */
  readonly files: readonly RecordedFile[];
}

export interface ExtractResult {
  readonly folder: string;
  readonly extraction: Extraction;
}
