import type { RowStream } from './rowStream.ts';

/** Elements of a matrix that is held: 256 MiB of float32, which every weight of a 7B model's layers fits into. */
const MOST = 2 ** 26;

/** Memory for one matrix at a time: whoever takes it ends what was there. Fresh memory would be cleared for each. */
export class MatrixSpace {
  private memory = new Float32Array();

  take(elements: number): Float32Array {
    if (this.memory.length < elements) this.memory = new Float32Array(elements);
    return this.memory.subarray(0, elements);
  }
}

/**
 * The same rows, which are read once and then come from memory: reading and widening takes longer than multiplying by a few
 * vectors. A matrix that is larger is read anew every time.
 *
 * @param space where they are held: until the next matrix is
 * @param most elements that may be held
 */
export function heldRows(stream: RowStream, space = new MatrixSpace(), most = MOST): RowStream {
  const { rows, columns } = stream;
  if (rows * columns > most) return stream;
  let held: Float32Array | undefined;
  let known = 0;
  return {
    rows,
    columns,
    async tile(row, count) {
      held ??= space.take(rows * columns);
      const own = held.subarray(row * columns, (row + count) * columns);
      if (row + count <= known) return own;
      // Rows that were passed over are not known.
      if (row > known) return stream.tile(row, count);
      const tile = await stream.tile(row, count, own);
      if (tile.length !== own.length) return tile;
      if (tile !== own) own.set(tile);
      known = row + count;
      return own;
    },
  };
}
