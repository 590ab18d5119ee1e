import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { TensorFile } from '../../safetensors/file.ts';

/** What a method needs to make its delta. */
export interface DeltaContext {
  readonly file: TensorFile;
  readonly kernel: LowRankKernel;
  /** Of Δ as it is stored. */
  readonly shape: readonly number[];
  /** A linear's weight is stored [in, out]. */
  readonly transposed: boolean;
  /** The old base's tensor; there for the kinds that need it. */
  readonly old: LocatedTensor | undefined;
  /** λ, and the patch's weight in a sum. */
  readonly scale: number;
}

/** The old base's tensor. A plan without it is refused, so its absence is a bug. */
export function oldTensor({ old }: DeltaContext): LocatedTensor {
  if (old === undefined) throw new Error('a delta that needs the old base was planned without it');
  return old;
}
