import { transpose } from '../../kernels/lowRank.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import { matrixOf, type Delta } from '../delta.ts';
import type { LohaRecipe } from '../recipe.ts';
import { readFloats } from '../tensorReader.ts';
import type { DeltaContext } from './context.ts';
import { float32Scale, LowRankDelta } from './lowRank.ts';

/**
 * LoHa (Hyeon-Woo et al. 2022, arXiv 2108.06098): Δ = s · (w1_a @ w1_b) ∘ (w2_a @ w2_b); with cores t1, t2 for
 * convolutions (peft/tuners/loha/layer.py, `HadaWeight` and `HadaWeightCP`).
 */
export async function openLoha(recipe: LohaRecipe, context: DeltaContext): Promise<Delta> {
  const { rows, columns } = matrixOf(context.shape);
  const scale = float32Scale(recipe.scaling, context.scale);
  const factor = async (n: 1 | 2): Promise<LowRankDelta> => {
    const { left, right, rank } = await readProduct(context.file, recipe.tensors, `w${n}_a`, `w${n}_b`, `t${n}`);
    return new LowRankDelta({ left, right, shape: { rows, rank, columns }, scale: 1 }, context.kernel);
  };
  const [one, two] = [await factor(1), await factor(2)];
  return {
    rows,
    columns,
    async tile(row, count) {
      const [first, second] = [await one.tile(row, count), await two.tile(row, count)];
      return first.map((value, i) => Math.fround(value * (second[i] ?? 0)) * scale);
    },
    // Each factor is at most the other's bound over its own error: |δ₁·x₂| + |x₁·δ₂|, with |x| ≤ bound / (2ε(rank + 2)).
    bound: (row, column) => {
      const [a, b] = [one.bound(row, column), two.bound(row, column)];
      return (Math.abs(scale) * 2 * a * b) / (2 ** -23 * (recipe.rank + 2));
    },
  };
}

/**
 * LoKr (Yeh et al. 2023, arXiv 2309.14859): Δ = s · w1 ⊗ w2, each whole or a product of two
 * (peft/tuners/lokr/layer.py, `get_delta_weight`, `make_kron`).
 */
export async function openLokr(recipe: LohaRecipe, context: DeltaContext): Promise<Delta> {
  const { rows, columns } = matrixOf(context.shape);
  const scale = float32Scale(recipe.scaling, context.scale);
  const one = await readFactor(context.file, recipe.tensors, 1);
  const two = await readFactor(context.file, recipe.tensors, 2);
  return {
    rows,
    columns,
    tile(row, count) {
      const values = new Float32Array(count * columns);
      for (let i = 0; i < count; i++) fillRow(values.subarray(i * columns), row + i, one, two, scale);
      return Promise.resolve(values);
    },
    bound: () => 0,
  };
}

interface Matrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Row (o₁, o₂) of the Kronecker product: w1[o₁, i₁] · w2[o₂, i₂] at column (i₁, i₂). */
function fillRow(target: Float32Array, row: number, one: Matrix, two: Matrix, scale: number): void {
  const [upper, lower] = [Math.floor(row / two.rows), row % two.rows];
  const base = two.values.subarray(lower * two.columns, (lower + 1) * two.columns);
  for (let i = 0; i < one.columns; i++) {
    const factor = one.values[upper * one.columns + i] ?? 0;
    for (let j = 0; j < two.columns; j++) target[i * two.columns + j] = Math.fround(factor * (base[j] ?? 0)) * scale;
  }
}

async function readFactor(file: TensorFile, tensors: LohaRecipe['tensors'], n: 1 | 2): Promise<Matrix> {
  const whole = tensors[`w${n}`];
  if (whole !== undefined) {
    const { rows, columns } = matrixOf(file.entry(whole).shape);
    return { values: await readFloats(file, whole), rows, columns };
  }
  const { left, right, rank } = await readProduct(file, tensors, `w${n}_a`, `w${n}_b`, `t${n}`);
  const [rows, columns] = [left.length / rank, right.length / rank];
  return { values: multiply(left, right, rank), rows, columns };
}

interface Product {
  /** [rows, rank] */
  readonly left: Float32Array;
  /** [rank, columns] */
  readonly right: Float32Array;
  readonly rank: number;
}

/** a @ b; with a core t [i, j, …], aᵀ @ (Σ_j t[i, j, …] · b[j, ·]), kernels flattened. */
async function readProduct(
  file: TensorFile,
  tensors: LohaRecipe['tensors'],
  nameA: string,
  nameB: string,
  nameCore: string,
): Promise<Product> {
  const [a, b] = [await readFloats(file, tensors[nameA] ?? ''), await readFloats(file, tensors[nameB] ?? '')];
  const core = tensors[nameCore];
  if (core === undefined) return { left: a, right: b, rank: file.entry(tensors[nameB] ?? '').shape[0] ?? 1 };
  const [rank = 1, inner = 1, ...kernel] = file.entry(core).shape;
  const cells = kernel.reduce((all, size) => all * size, 1);
  const right = withCore(await readFloats(file, core), b, { rank, inner, cells });
  return { left: transpose(a, rank, a.length / rank), right, rank };
}

function withCore(
  core: Float32Array,
  b: Float32Array,
  { rank, inner, cells }: { rank: number; inner: number; cells: number },
): Float32Array {
  const width = b.length / inner;
  const result = new Float32Array(rank * width * cells);
  for (let i = 0; i < rank; i++)
    for (let c = 0; c < width; c++)
      for (let cell = 0; cell < cells; cell++) {
        let sum = 0;
        for (let j = 0; j < inner; j++) sum += (core[(i * inner + j) * cells + cell] ?? 0) * (b[j * width + c] ?? 0);
        result[(i * width + c) * cells + cell] = sum;
      }
  return result;
}

function multiply(left: Float32Array, right: Float32Array, rank: number): Float32Array {
  const columns = right.length / rank;
  const result = new Float32Array((left.length / rank) * columns);
  for (let row = 0; row < left.length / rank; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += (left[row * rank + r] ?? 0) * (right[r * columns + column] ?? 0);
      result[row * columns + column] = sum;
    }
  return result;
}
