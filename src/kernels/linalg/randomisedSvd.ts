import { transpose, type LowRankKernel } from '../lowRank.ts';
import type { MatrixSpace } from './heldRows.ts';
import { components, exactComponents, isExact, refine, sketch, type Components } from './rangeFinder.ts';
import type { RowStream } from './rowStream.ts';
import { StreamedMatrix } from './streamedMatrix.ts';
import { dot } from './vectors.ts';

export interface SketchOptions {
  /**
   * Random directions beyond the rank; by default as many again, and at least 10. 10 alone are usual (Halko, Martinsson
   * and Tropp, 2011, section 1.3), but of a rank of 32 or more, where the spectrum decays slowly, the error then exceeds
   * the smallest possible by 1 to 3 % instead of less than 1 % (measured: noise, i^-¼, 0.99^i; 512 and 1024 squared).
   */
  readonly oversample?: number;
  /** Each costs two passes over the tiles and brings slowly decaying singular values closer to their exact ones. */
  readonly powerIterations?: number;
  /** The same seed gives the same bits, on one device and with tiles of one size. */
  readonly seed?: number;
  /** About how many elements of the matrix are in memory at a time. */
  readonly tileElements?: number;
  /** Where the matrix is held, if it can be; its own where this is left out. */
  readonly space?: MatrixSpace;
}

/** matrix [m, n] ≈ left @ diag(values) @ right: its r leading singular values and vectors. */
export interface TruncatedSvd {
  /** r: what was asked for, or min(m, n) where that is less. */
  readonly rank: number;
  /** [m, r] float32, orthonormal columns; one is zero where its value is exactly 0. */
  readonly left: Float32Array;
  /** float64 [r], descending */
  readonly values: Float64Array;
  /** [r, n] float32, orthonormal rows; one is zero where its value is exactly 0. */
  readonly right: Float32Array;
  /** ‖matrix‖_F² */
  readonly energy: number;
  /** Σ values² / energy: 1 − kept is the squared relative error. 1 for a zero matrix. */
  readonly kept: number;
}

export interface EnergySvd extends TruncatedSvd {
  /** Set where even maxRank keeps less than was asked for: how much it does keep, in words. */
  readonly shortfall: string | undefined;
}

const MIN_OVERSAMPLE = 10;
const POWER_ITERATIONS = 2;
/** The first rank that svdForEnergy tries. */
const FIRST_RANK = 16;
/** What float32 products leave uncertain of the kept share: all of it counts as kept. */
const ROUNDING = 1e-6;

/**
 * The leading components of a matrix that is worked on `passes` times in tiles. Memory: the matrix, if it can be held, else
 * one tile; float64 vectors for both sides, (rank + oversample) · (m + n), and a float32 copy of one side.
 */
export async function truncatedSvd(
  stream: RowStream,
  kernel: LowRankKernel,
  options: SketchOptions & { readonly rank: number },
  signal?: AbortSignal,
  onTile?: (elements: number) => void,
): Promise<TruncatedSvd> {
  const { rank, powerIterations = POWER_ITERATIONS, seed = 0, tileElements, space } = options;
  const matrix = new StreamedMatrix(stream, kernel, { tileElements, space, signal, onTile });
  const size = sketchSize(rank, options);
  if (isExact(matrix, size)) return truncate(await exactComponents(matrix), rank, matrix.energy);
  const first = await sketch(matrix, size, seed);
  return truncate(components(await refine(matrix, first, powerIterations)), rank, matrix.energy);
}

/** How often truncatedSvd goes through the matrix, for its progress. */
export function passes(
  shape: Pick<RowStream, 'rows' | 'columns'>,
  options: SketchOptions & { readonly rank: number },
): number {
  const { rank, powerIterations = POWER_ITERATIONS } = options;
  return isExact(shape, sketchSize(rank, options)) ? 1 : 2 * (powerIterations + 1);
}

/**
 * The smallest rank up to maxRank that keeps `share` of the energy. Sketches without power iterations are doubled until
 * one holds the share (it never holds more than the best of its size); that size alone is then refined, and cut.
 * Because computed values never exceed the exact ones, the rank may be larger than the exact one by a few where the
 * spectrum is flat, never smaller (but by rounding).
 */
export async function svdForEnergy(
  stream: RowStream,
  kernel: LowRankKernel,
  share: number,
  options: SketchOptions & { readonly maxRank: number },
  signal?: AbortSignal,
  onTile?: (elements: number) => void,
): Promise<EnergySvd> {
  const { maxRank, tileElements, space } = options;
  const matrix = new StreamedMatrix(stream, kernel, { tileElements, space, signal, onTile });
  const all = await componentsForEnergy(matrix, share, options);
  const result = truncate(all, Math.min(maxRank, smallestRank(all.values, share * matrix.energy)), matrix.energy);
  return { ...result, shortfall: result.kept < share * (1 - ROUNDING) ? describeShortfall(result, share) : undefined };
}

async function componentsForEnergy(
  matrix: StreamedMatrix,
  share: number,
  options: SketchOptions & { readonly maxRank: number },
): Promise<Components> {
  const { maxRank, powerIterations = POWER_ITERATIONS, seed = 0 } = options;
  for (let rank = Math.min(FIRST_RANK, maxRank); ; rank = Math.min(2 * rank, maxRank)) {
    const size = sketchSize(rank, options);
    if (isExact(matrix, size)) return exactComponents(matrix);
    const found = await sketch(matrix, size, seed);
    const held = sumOfSquares(found.coordinates.data);
    if (rank === maxRank || held >= share * matrix.energy)
      return components(await refine(matrix, found, powerIterations));
  }
}

function sketchSize(rank: number, { oversample = Math.max(MIN_OVERSAMPLE, rank) }: SketchOptions): number {
  return rank + oversample;
}

function smallestRank(values: Float64Array, energy: number): number {
  let held = 0;
  for (const [index, value] of values.entries()) {
    if (held >= energy * (1 - ROUNDING)) return index;
    held += value * value;
  }
  return values.length;
}

function describeShortfall({ rank, kept }: TruncatedSvd, share: number): string {
  const percent = (part: number): string => `${Number((100 * part).toFixed(4))} %`;
  return `Rank ${rank} keeps ${percent(kept)} of the energy, not the ${percent(share)} that were asked for.`;
}

function truncate({ left, values, right }: Components, rank: number, energy: number): TruncatedSvd {
  const r = Math.min(rank, values.length);
  const kept = values.subarray(0, r);
  return {
    rank: r,
    left: transpose(new Float32Array(left.data.subarray(0, r * left.length)), r, left.length),
    values: kept.slice(),
    right: new Float32Array(right.data.subarray(0, r * right.length)),
    energy,
    kept: energy === 0 ? 1 : Math.min(1, sumOfSquares(kept) / energy),
  };
}

function sumOfSquares(values: Float64Array): number {
  return dot(values, 0, 0, values.length);
}
