import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
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
  signal: AbortSignal,
): Promise<DeltaSvd> {
  return vectorsOf(await truncatedSvd(stream, kernel, { rank, powerIterations: POWER_ITERATIONS }, signal), stream);
}

export function streamOf(tensor: LocatedTensor, { rows, columns }: Pick<Delta, 'rows' | 'columns'>): RowStream {
  return { rows, columns, tile: (row, count) => readBaseRows(tensor, row, count) };
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
  return {
    ...shape,
    async tile(row, count) {
      const [after, before] = [await readBaseRows(now, row, count), await readBaseRows(then, row, count)];
      return after.map((value, i) => value - (before[i] ?? 0));
    },
  };
}

/** Directions whose value is 0 are none. */
function vectorsOf({ left, values, right }: TruncatedSvd, { rows, columns }: RowStream): DeltaSvd {
  const count = values.filter((value) => value > 0).length;
  const rank = values.length;
  const columnVectors: Vectors = { count, length: rows, data: new Float64Array(count * rows) };
  for (let i = 0; i < count; i++)
    for (let row = 0; row < rows; row++) columnVectors.data[i * rows + row] = left[row * rank + i] ?? 0;
  return {
    columns: columnVectors,
    values: values.slice(0, count),
    rows: { count, length: columns, data: Float64Array.from(right.subarray(0, count * columns)) },
  };
}
