/** What passes between a lane and its thread. Both work on one memory; addresses are in it. */
import type { Arithmetic } from './module.ts';

export interface LaneData {
  readonly memory: WebAssembly.Memory;
  readonly arithmetic: Arithmetic;
}

export interface Span {
  readonly at: number;
  readonly bytes: number;
}

/** target ← round(source + scale · left @ right), or round(source + delta); dtypes by number. */
export type TileWork =
  | {
      readonly kind: 'patch';
      readonly dtype: number;
      readonly left: number;
      readonly right: number;
      readonly rows: number;
      readonly rank: number;
      readonly columns: number;
      readonly scale: number;
    }
  | { readonly kind: 'add'; readonly dtype: number; readonly delta: number; readonly count: number };

/** What is done to a tile: the work, and then its bytes go into the tensor's hashes. */
export interface TileOrder {
  readonly kind: 'tile';
  readonly work: TileWork | undefined;
  readonly source: Span | undefined;
  readonly target: Span;
  /** Whether the target's SHA-256 is wanted too, which is some six times slower than XXH64. */
  readonly sha256: boolean;
}

/** Gives the hashes and sums of all tiles since the last one, and begins anew. */
export interface FinishOrder {
  readonly kind: 'finish';
}

export type LaneOrder = TileOrder | FinishOrder;

/** Each order is answered in its turn. */
export type LaneAnswer = { readonly error: string } | { readonly finished: LaneResult | undefined };

/** Of all tiles of a tensor; hashes in hexadecimal. */
export interface LaneResult {
  readonly sourceXxh64: string;
  readonly targetXxh64: string;
  readonly targetSha256: string;
  readonly sums: LaneSums;
}

/** What happened to the elements of the tiles, as src/kernels/assembly/add.ts sums it. */
export interface LaneSums {
  /** Σ Δ² */
  readonly delta: number;
  /** Σ W² */
  readonly weight: number;
  /** Σ (W' − W − Δ)² */
  readonly rounding: number;
  readonly absorbed: number;
  readonly overflowed: number;
  readonly touched: number;
}
