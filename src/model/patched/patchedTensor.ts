import { InputError } from '../../base/errors.ts';
import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { widen } from '../../kernels/convert.ts';
import { matrixOf, type Delta } from '../../patch/delta.ts';
import { readBaseRows } from '../../patch/tensorReader.ts';
import { noSums, TileBuffers } from '../../port/addDelta.ts';
import { outputTensor } from '../../port/output/outputTensor.ts';
import { patchedTiles } from '../../port/output/patchedTiles.ts';
import type { PlanItem } from '../../port/plan/planTypes.ts';
import { tileRows } from '../../port/tiles.ts';
import { isFloatDtype } from '../../safetensors/dtypes.ts';
import { elements } from '../../safetensors/shape.ts';
import type { HeldWeight } from '../weights/weight.ts';

/** W + Δ in float32, rounded once; onto what an earlier patch made of it, if one did. */
export async function patchedTensor(
  base: Checkpoint,
  item: PlanItem,
  delta: Delta,
  earlier: HeldWeight | undefined,
): Promise<HeldWeight> {
  const { source } = outputTensor(item.source, base, item);
  const { shape } = item;
  const { rows, columns } = matrixOf(shape);
  const values = earlier?.values ?? new Float32Array(elements(shape));
  const step = tileRows({ rows, columns });
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    if (earlier === undefined) values.set(await readBaseRows(source, row, count), row * columns);
    const change = await delta.tile(row, count);
    const begin = row * columns;
    for (let i = 0; i < change.length; i++) values[begin + i] = (values[begin + i] ?? 0) + (change[i] ?? 0);
  }
  return { place: 'held', name: item.target, shape, values };
}

/** The bytes that a port writes, widened again: rounded as the exported model is. */
export async function exportedTensor(base: Checkpoint, item: PlanItem, delta: Delta): Promise<HeldWeight> {
  const tensor = outputTensor(item.source, base, item);
  if (!isFloatDtype(tensor.dtype))
    throw new InputError(
      `${item.target} is stored as ${tensor.dtype}, which is not rounded in memory.`,
      'Port the patch and evaluate the ported model itself.',
    );
  const values = new Float32Array(elements(item.shape));
  let at = 0;
  for await (const { bytes } of patchedTiles(tensor, delta, new TileBuffers(), noSums())) {
    const count = bytes.length / (tensor.dtype === 'F32' ? 4 : 2);
    widen(bytes, tensor.dtype, values.subarray(at, at + count));
    at += count;
  }
  return { place: 'held', name: item.target, shape: item.shape, values };
}
