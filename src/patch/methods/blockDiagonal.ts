import type { MatrixShape } from '../delta.ts';

/**
 * BD-LoRA stores a block-diagonal factor as its blocks, one below the other: [rows, columns / blocks]
 * (peft/tuners/lora/variants.py, `BlockDiagonalLinear.weight_as_blockdiagonal_matrix`). A full factor passes as it is.
 */
export function blockDiagonal(stored: Float32Array, { rows, columns }: MatrixShape): Float32Array {
  const width = stored.length / rows;
  if (width === columns) return stored;
  const result = new Float32Array(rows * columns);
  const height = rows / (columns / width);
  for (let row = 0; row < rows; row++) {
    const block = Math.floor(row / height);
    result.set(stored.subarray(row * width, (row + 1) * width), row * columns + block * width);
  }
  return result;
}
