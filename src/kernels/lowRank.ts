/**
 * The one heavy product of a port, on whichever device the worker chose.
 * Shapes: left [rows, rank], right [rank, columns], both row-major float32.
 */
export interface LowRankKernel {
  /** The device that computes, as ONNX Runtime names its provider: cpu, webgpu, cuda … */
  readonly device: string;
  /** scale · (left @ right), [rows, columns] float32; the scale multiplies the finished product, as PEFT does. */
  product(left: Float32Array, right: Float32Array, shape: ProductShape, scale: number): Promise<Float32Array>;
}

export interface ProductShape {
  readonly rows: number;
  readonly rank: number;
  readonly columns: number;
}

/** Δ = scale · left @ right, laid out as it is stored: left [rows, rank], right [rank, columns], float32. */
export interface Factors {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly shape: ProductShape;
  /** Rounded to float32, as PEFT's is when it meets a float32 tensor. */
  readonly scale: number;
}

/** [rows, columns] → [columns, rows]; for the small factors of a patch. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column] ?? 0;
  return result;
}
