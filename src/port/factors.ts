import { InputError } from '../base/errors.ts';
import { widen } from '../kernels/convert.ts';
import { transpose, type ProductShape } from '../kernels/lowRank.ts';
import { productNorm, sumOfSquares } from '../kernels/norms.ts';
import type { FloatDtype } from '../safetensors/dtypes.ts';
import type { SafetensorsFile } from '../safetensors/file.ts';
import { elements } from '../safetensors/shape.ts';
import type { PlanItem } from './planTypes.ts';

/** Δ = scale · left @ right, laid out as the target is: left [rows, rank], right [rank, columns], float32. */
export interface Factors {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly shape: ProductShape;
  /** scaling · λ, rounded to float32 as PEFT's is when it meets a float32 tensor. */
  readonly scale: number;
}

/**
 * Reads the two factors of an item; a transposed Δ = (B A)ᵀ is Aᵀ Bᵀ.
 *
 * @throws InputError if a factor or the scale is not finite
 */
export async function readFactors(file: SafetensorsFile, item: PlanItem, userScale: number): Promise<Factors> {
  const [nameA = '', nameB = ''] = item.tensors;
  const a = await readFloats(file, nameA);
  const b = await readFloats(file, nameB);
  const [rows = 0, columns = 0] = item.shape;
  const shape = { rows, rank: item.rank, columns };
  const scale = Math.fround(item.scaling * userScale);
  if (!Number.isFinite(scale)) throw new InputError(`The scale ${userScale} is too large for float32.`);
  if (!item.transposed) return { left: b, right: a, shape, scale };
  return { left: transpose(a, item.rank, rows), right: transpose(b, columns, item.rank), shape, scale };
}

/** ‖Δ‖_F, from the factors alone. */
export function deltaNorm({ left, right, shape, scale }: Factors): number {
  return Math.abs(scale) * productNorm(left, right, shape);
}

async function readFloats(file: SafetensorsFile, name: string): Promise<Float32Array> {
  const { dtype, shape } = file.entry(name);
  const values = new Float32Array(elements(shape));
  widen(await file.readTensor(name), dtype as FloatDtype, values);
  if (!Number.isFinite(sumOfSquares(values)))
    throw new InputError(
      `${file.path}: the tensor ${name} holds NaN or infinity.`,
      'The training of this patch has failed.',
    );
  return values;
}
