/** A matrix that is only to be had in parts: Δ = W_tuned − W_old, computed from two files as it is read. */
export interface RowStream {
  readonly rows: number;
  readonly columns: number;
  /**
   * Rows row … row + count − 1, [count, columns] float32: in `into` where it is given and that is possible, else in an array
   * that may be used again for the next tile.
   */
  tile(row: number, count: number, into?: Float32Array): Promise<Float32Array>;
}
