/** What passes between a lane and its thread. Both work on one memory; addresses are in it. */

export interface LaneData {
  readonly memory: WebAssembly.Memory;
  /** The compiled kernels. */
  readonly module: object;
}

export interface Span {
  readonly at: number;
  readonly bytes: number;
}

/** `count` elements of a dtype, by its number. */
export interface AddWork {
  readonly dtype: number;
  readonly delta: number;
  readonly count: number;
}

/** What is done to a tile: target ← round(source + delta) where that is wanted, and both go into their hashes. */
export interface TileOrder {
  readonly kind: 'tile';
  readonly add: AddWork | undefined;
  readonly source: Span;
  readonly target: Span;
}

/** Where bytes of a file are read: each thread opens it for itself, as the system reads ahead for each opening. */
export interface SourcePlace {
  readonly path: string;
  readonly position: number;
}

/** Where bytes are written; the descriptor is open in the whole process. */
export interface TargetPlace {
  readonly file: number;
  readonly position: number;
}

/**
 * A whole tensor, which the thread reads, patches or not, hashes, writes and reads back by itself. It stops when it is told to.
 */
export interface TensorOrder {
  readonly kind: 'tensor';
  readonly from: SourcePlace;
  readonly to: TargetPlace | undefined;
  readonly bytes: number;
  /** Of a tile; whole rows, where there is something to be added. */
  readonly tileBytes: number;
  readonly patch: TensorPatch | undefined;
  /** Where a tile is read, and what was written is read back. */
  readonly source: number;
  /** Where it is worked on. */
  readonly target: number;
}

/** Of a tensor of `columns`, with the whole left factor. */
export interface TensorPatch {
  readonly dtype: number;
  readonly left: number;
  readonly right: number;
  readonly rank: number;
  readonly columns: number;
  readonly rowBytes: number;
  readonly scale: number;
}

/** Sums up what a diagnosis wants of a tensor of the new base, and of the old one's beside it; Δ is a product. */
export interface FiguresOrder {
  readonly kind: 'figures';
  readonly now: SourcePlace;
  readonly then: SourcePlace | undefined;
  /** Dtypes by number, and the bytes of their elements. */
  readonly dtype: number;
  readonly size: number;
  readonly thenDtype: number;
  readonly thenSize: number;
  readonly rows: number;
  readonly tileRows: number;
  readonly rank: number;
  readonly columns: number;
  readonly scale: number;
  /** Addresses: of the tiles, and of the factors. */
  readonly nowAt: number;
  readonly thenAt: number;
  readonly left: number;
  readonly right: number;
}

/** Gives the hashes and sums of all tiles since the last one, and begins anew. */
export interface FinishOrder {
  readonly kind: 'finish';
}

export type LaneOrder = TileOrder | TensorOrder | FiguresOrder | FinishOrder;

/** Each order is answered in its turn. */
export type LaneAnswer =
  { readonly failure: LaneFailure } | { readonly finished: LaneResult | LaneFigures | undefined };

/** Why an order was not carried out: an error of the system has its code, one in reading the file's path. */
export interface LaneFailure {
  readonly during: 'reading' | 'writing' | 'reading back' | 'computing' | 'stopped';
  readonly path?: string | undefined;
  readonly message: string;
  readonly code?: string | undefined;
  readonly syscall?: string | undefined;
}

/** What both ends look at while a tensor is worked on: 32-bit words at the beginning of the host's part of the memory. */
export const CONTROL = { stop: 0, tiles: 1, bytes: 64 } as const;

/** Of all tiles of a tensor; hashes in hexadecimal. */
export interface LaneResult {
  /** XXH64 of the source of what was computed. */
  readonly sourceXxh64: string;
  readonly sha256: string;
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

/** As src/kernels/assembly/figures.ts sums it. */
export interface LaneFigures {
  /** Σ Δ², W'², W², S², ΔS, W'W */
  readonly delta: number;
  readonly weight: number;
  readonly oldWeight: number;
  readonly evolution: number;
  readonly deltaEvolution: number;
  readonly weights: number;
  /** Σ (round(W' + Δ) − round(W') − Δ)² */
  readonly lost: { readonly BF16: number; readonly F16: number; readonly F32: number };
  /** By the biased exponent of Δ: elements with Δ ≠ 0, and those of them that stay as they are. */
  readonly bins: Float64Array;
  readonly absorbed: { readonly BF16: Float64Array; readonly F16: Float64Array; readonly F32: Float64Array };
}
