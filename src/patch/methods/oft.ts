import { InputError } from '../../base/errors.ts';
import { matrixOf, type Delta } from '../delta.ts';
import type { OftRecipe } from '../recipe.ts';
import { readFloats } from '../tensorReader.ts';
import type { DeltaContext } from './context.ts';
import { cayley, rotated, transposed, turnBlocks, type Square } from './rotation.ts';

/**
 * OFT (Qiu et al. 2023, arXiv 2306.07280): W' = W Rᵀ, R of orthogonal blocks, each the Cayley transform of a skew-symmetric
 * matrix or its Neumann series; of an embedding W' = W R (peft/tuners/oft/layer.py, `OFTRotationModule._cayley_batch`,
 * `Linear.merge`, `Embedding.merge`).
 */
export async function openOft(recipe: OftRecipe, context: DeltaContext): Promise<Delta> {
  const packed = await readFloats(context.file, recipe.tensors.triangles ?? '');
  const cells = packed.length / recipe.blocks;
  const { columns } = matrixOf(context.shape);
  if (columns % recipe.blockSize !== 0)
    throw new InputError(`${recipe.tensors.triangles}: blocks of ${recipe.blockSize} do not divide ${columns} inputs.`);
  const blocks = Array.from({ length: recipe.blocks }, (_, i) => {
    const triangle = constrained(packed.subarray(i * cells, (i + 1) * cells), recipe);
    const skew = unpack(triangle, recipe.blockSize);
    const turn = recipe.neumannTerms === null ? cayley(skew) : neumann(skew, recipe.neumannTerms, recipe.lastTerm);
    return recipe.linear ? turn : transposed(turn);
  });
  return rotated(context, (row) => turnBlocks(row, blocks));
}

/** COFT keeps each block's norm below a bound (`_project_batch`). */
function constrained(triangle: Float32Array, { constraint, blocks }: OftRecipe): Float32Array {
  if (constraint === null) return triangle;
  const limit = constraint / Math.sqrt(blocks);
  const norm = Math.sqrt(2 * triangle.reduce((sum, value) => sum + value * value, 0));
  return norm <= limit ? triangle : triangle.map((value) => (limit * value) / norm);
}

/** The strict upper triangle, row by row, and its negative below. */
function unpack(triangle: Float32Array, size: number): Square {
  const values = new Float64Array(size * size);
  let at = 0;
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) {
      const value = triangle[at++] ?? 0;
      values[row * size + column] = value;
      values[column * size + row] = -value;
    }
  return { values, size };
}

/** I + 2Q + 2Q² + … + 2Qⁿ⁻² + last · Qⁿ⁻¹ for n terms; for three and fewer as PEFT has them. */
function neumann(skew: Square, terms: number, last: 1 | 2): Square {
  const { values: q, size } = skew;
  const sum = new Float64Array(size * size);
  for (let i = 0; i < size; i++) sum[i * size + i] = 1;
  if (terms > 1) add(sum, q, 2);
  if (terms > 2) {
    let power = multiply(q, q, size);
    add(sum, power, 2);
    for (let n = 3; n < terms - 1; n++) {
      power = multiply(power, q, size);
      add(sum, power, 2);
    }
    if (last === 1 || terms > 3) add(sum, multiply(power, q, size), last);
  }
  return { values: sum, size };
}

function add(target: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (values[i] ?? 0);
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    for (let k = 0; k < size; k++) {
      const value = a[row * size + k] ?? 0;
      for (let column = 0; column < size; column++)
        result[row * size + column] = (result[row * size + column] ?? 0) + value * (b[k * size + column] ?? 0);
    }
  return result;
}
