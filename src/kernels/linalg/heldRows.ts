import type { RowStream } from './rowStream.ts';

/** Elements of a matrix that is held: 256 MiB of float32, which every weight of a 7B model's layers fits into. */
const MOST = 2 ** 26;

/**
 * The same rows, which are read once and then come from memory: reading and widening takes longer than multiplying by a few
 * vectors. A matrix that is larger is read anew every time.
 *
 * @param most elements that may be held
 */
export function heldRows(stream: RowStream, most = MOST): RowStream {
  const { rows, columns } = stream;
  if (rows * columns > most) return stream;
  let held: Float32Array | undefined;
  let known = 0;
  return {
    rows,
    columns,
    async tile(row, count) {
      held ??= new Float32Array(rows * columns);
      const own = held.subarray(row * columns, (row + count) * columns);
      if (row + count <= known) return own;
      const tile = await stream.tile(row, count);
      // Rows that were passed over are not known.
      if (row > known || tile.length !== own.length) return tile;
      own.set(tile);
      known = row + count;
      return own;
    },
  };
}
