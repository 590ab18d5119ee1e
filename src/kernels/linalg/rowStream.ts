/** A matrix that is only to be had in parts: Δ = W_tuned − W_old, computed from two files as it is read. */
export interface RowStream {
  readonly rows: number;
  readonly columns: number;
  /** Rows row … row + count − 1, [count, columns] float32. The array may be used again for the next tile. */
  tile(row: number, count: number): Promise<Float32Array>;
}
