import type { LowRankKernel } from '../kernels/lowRank.ts';
import { sumOfSquares } from '../kernels/norms.ts';
import { mapRows, matrixOf, sumOf, type Delta, type Placed } from '../patch/delta.ts';
import { openDelta } from '../patch/openDelta.ts';
import { assertCopies } from './copies.ts';
import type { PortInputs } from './plan/inputs.ts';
import type { PlanItem, PlanPart } from './plan/planTypes.ts';
import { matchRows } from './plan/vocabularyRows.ts';

/** Δ of one planned tensor, laid out as the new base stores it. @throws InputError if the patch holds NaN */
export async function openItem(inputs: PortInputs, item: PlanItem, kernel: LowRankKernel): Promise<Delta> {
  const placed: Placed[] = [];
  for (const part of item.parts) placed.push({ delta: await openPart(inputs, item, part, kernel), begin: part.begin });
  return sumOf(matrixOf(item.shape), placed);
}

async function openPart(inputs: PortInputs, item: PlanItem, part: PlanPart, kernel: LowRankKernel): Promise<Delta> {
  await assertCopies(inputs.patch.file, part.copies);
  const delta = await openDelta(part.recipe, {
    file: inputs.patch.file,
    kernel,
    shape: part.shape,
    transposed: part.transposed,
    old: part.old === null ? undefined : inputs.oldBase?.tensors.get(part.old),
    scale: inputs.plan.request.scale,
  });
  const map = part.byToken ? rowsOf(inputs, item, part) : undefined;
  return map === undefined ? delta : mapRows(delta, map);
}

/** For each row of the new tensor the row of the patch, or −1. */
export function rowsOf({ vocabularies }: PortInputs, item: PlanItem, part: PlanPart): Int32Array | undefined {
  const match = matchRows(part.shape[0] ?? 0, item.shape[0] ?? 0, vocabularies);
  if (typeof match === 'string') throw new Error(`the plan matched rows that cannot be matched: ${match}`);
  return match.map;
}

/** ‖Δ‖_F: from the factors where they tell, else summed over its tiles. */
export async function normOf(delta: Delta, rowsPerTile: number): Promise<number> {
  if (delta.norm) return delta.norm();
  let squares = 0;
  for (let row = 0; row < delta.rows; row += rowsPerTile) {
    const values = await delta.tile(row, Math.min(rowsPerTile, delta.rows - row));
    squares += sumOfSquares(values);
  }
  return Math.sqrt(squares);
}
