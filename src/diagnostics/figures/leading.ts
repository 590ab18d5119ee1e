import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { deltaRows } from '../../extract/compare.ts';
import type { MatrixSpace } from '../../kernels/linalg/heldRows.ts';
import { transpose, type LowRankKernel } from '../../kernels/lowRank.ts';
import { truncatedSvd, type TruncatedSvd } from '../../kernels/linalg/randomisedSvd.ts';
import type { RowStream } from '../../kernels/linalg/rowStream.ts';
import type { Vectors } from '../../kernels/linalg/vectors.ts';
import type { Delta } from '../../patch/delta.ts';
import { readBaseRows } from '../../patch/tensorReader.ts';
import type { DeltaSvd } from './factorSvd.ts';

/** Spectra of weights and of evolutions are nearly flat: fewer leave the directions off by several per cent. */
const POWER_ITERATIONS = 4;

/** The leading singular directions of a matrix that is read in tiles. */
export async function leadingDirections(
  stream: RowStream,
  rank: number,
  kernel: LowRankKernel,
  space: MatrixSpace,
  signal: AbortSignal,
): Promise<DeltaSvd> {
  return vectorsOf(
    await truncatedSvd(stream, kernel, { rank, powerIterations: POWER_ITERATIONS, space }, signal),
    stream,
  );
}

export function streamOf(tensor: LocatedTensor, { rows, columns }: Pick<Delta, 'rows' | 'columns'>): RowStream {
  return { rows, columns, tile: (row, count, into) => readBaseRows(tensor, row, count, into) };
}

export function streamOfDelta(delta: Delta): RowStream {
  const { rows, columns } = delta;
  return { rows, columns, tile: async (row, count) => Float32Array.from(await delta.tile(row, count)) };
}

/** S = W' − W, each tile rounded once to float32. */
export function streamOfEvolution(
  now: LocatedTensor,
  then: LocatedTensor,
  shape: Pick<Delta, 'rows' | 'columns'>,
): RowStream {
  return { ...shape, tile: (row, count, into) => deltaRows({ tuned: now, old: then }, row, count, into) };
}

/** Directions whose value is 0 are none. */
function vectorsOf({ left, values, right }: TruncatedSvd, { rows, columns }: RowStream): DeltaSvd {
  const count = values.filter((value) => value > 0).length;
  const first = (data: Float32Array, length: number): Vectors => ({
    count,
    length,
    data: Float64Array.from(data.subarray(0, count * length)),
  });
  return {
    columns: first(transpose(left, rows, values.length), rows),
    values: values.slice(0, count),
    rows: first(right, columns),
  };
}
