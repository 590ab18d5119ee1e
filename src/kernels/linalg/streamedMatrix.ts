import { throwIfCancelled } from '../../base/abort.ts';
import type { LowRankKernel } from '../lowRank.ts';
import { heldRows, type MatrixSpace } from './heldRows.ts';
import type { RowStream } from './rowStream.ts';
import { zeros, type Vectors } from './vectors.ts';

/** Elements of a tile: 32 MiB of float32. */
const TILE_ELEMENTS = 2 ** 23;

export interface StreamOptions {
  readonly tileElements?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the matrix is held, if it can be; its own where this is undefined. */
  readonly space?: MatrixSpace | undefined;
  /** Is told the number of elements of each tile that was worked on. */
  readonly onTile?: ((elements: number) => void) | undefined;
}

/**
 * The products of a streamed matrix [m, n] with a few vectors. The kernel multiplies each tile in float32; across tiles
 * the sums are kept in float64, and so are all vectors.
 */
export class StreamedMatrix {
  readonly rows: number;
  readonly columns: number;
  private readonly stream: RowStream;
  private readonly kernel: LowRankKernel;
  private readonly options: StreamOptions;
  private squares: number | undefined;

  constructor(stream: RowStream, kernel: LowRankKernel, options: StreamOptions) {
    this.rows = stream.rows;
    this.columns = stream.columns;
    this.stream = heldRows(stream, options.space);
    this.kernel = kernel;
    this.options = options;
  }

  /** ‖matrix‖_F², known after the first pass over the tiles. */
  get energy(): number {
    if (this.squares === undefined) throw new Error('the matrix has not been read yet');
    return this.squares;
  }

  /** matrix @ each of k vectors of length n: k vectors of length m. */
  async times(vectors: Vectors): Promise<Vectors> {
    const [k, n] = [vectors.count, this.columns];
    const right = asColumns(vectors);
    const result = zeros(k, this.rows);
    await this.pass(async (tile, row, count) => {
      const product = await this.kernel.product(tile, right, { rows: count, rank: n, columns: k }, 1);
      for (let j = 0; j < k; j++)
        for (let i = 0; i < count; i++) result.data[j * this.rows + row + i] = product[i * k + j] ?? 0;
    });
    return result;
  }

  /** matrixᵀ @ each of k vectors of length m: k vectors of length n. */
  async transposedTimes(vectors: Vectors): Promise<Vectors> {
    const [k, n] = [vectors.count, this.columns];
    const result = zeros(k, n);
    await this.pass(async (tile, row, count) => {
      const left = new Float32Array(k * count);
      for (let j = 0; j < k; j++)
        left.set(vectors.data.subarray(j * this.rows + row, j * this.rows + row + count), j * count);
      const product = await this.kernel.product(left, tile, { rows: k, rank: count, columns: n }, 1);
      add(result.data, product);
    });
    return result;
  }

  /** The matrix itself; whichever are fewer, its rows or its columns, are the vectors. */
  async dense(): Promise<Vectors> {
    const [m, n] = [this.rows, this.columns];
    const result = m <= n ? zeros(m, n) : zeros(n, m);
    await this.pass((tile, row) => {
      if (m <= n) result.data.set(tile, row * n);
      else for (let i = 0; i < tile.length; i++) result.data[(i % n) * m + row + Math.floor(i / n)] = tile[i] ?? 0;
    });
    return result;
  }

  private async pass(visit: (tile: Float32Array, row: number, count: number) => Promise<void> | void): Promise<void> {
    const { tileElements = TILE_ELEMENTS, signal, onTile } = this.options;
    const step = Math.max(1, Math.floor(tileElements / Math.max(1, this.columns)));
    let squares = 0;
    for (let row = 0; row < this.rows; row += step) {
      if (signal !== undefined) throwIfCancelled(signal);
      const count = Math.min(step, this.rows - row);
      const tile = await this.stream.tile(row, count);
      if (tile.length !== count * this.columns) throw new Error(`a tile of ${tile.length} elements at row ${row}`);
      if (this.squares === undefined) squares += energyOf(tile);
      await visit(tile, row, count);
      onTile?.(tile.length);
    }
    this.squares ??= squares;
  }
}

function add(sums: Float64Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) sums[i] = (sums[i] ?? 0) + (values[i] ?? 0);
}

/** k vectors → the float32 matrix [length, k] that has them as columns. */
function asColumns({ count, length, data }: Vectors): Float32Array {
  const result = new Float32Array(count * length);
  for (let j = 0; j < count; j++) for (let i = 0; i < length; i++) result[i * count + j] = data[j * length + i] ?? 0;
  return result;
}

/** Σ x² in float64; by index, because an iterator takes some twenty times as long. */
function energyOf(tile: Float32Array): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i < tile.length; i += 2) {
    even += (tile[i] ?? 0) ** 2;
    odd += (tile[i + 1] ?? 0) ** 2;
  }
  return even + odd;
}
