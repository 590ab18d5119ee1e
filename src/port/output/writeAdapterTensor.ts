import type { FileHandle } from 'node:fs/promises';
import { narrow } from '../../kernels/convert.ts';
import { transpose, type LowRankKernel } from '../../kernels/lowRank.ts';
import { matrixOf } from '../../patch/delta.ts';
import { readBaseRows, readFloats } from '../../patch/tensorReader.ts';
import type { ExpertRecipe } from '../../patch/recipe.ts';
import { bytesPerElement, type FloatDtype } from '../../safetensors/dtypes.ts';
import { openItem, rowsOf } from '../openItem.ts';
import type { PortInputs } from '../plan/inputs.ts';
import type { PlanItem } from '../plan/planTypes.ts';
import { tileRows } from '../tiles.ts';
import { mappedTokens } from './mappedTokens.ts';
import type { AdapterTensor } from './adapterTensors.ts';

/** The shape that a tensor will have in the ported adapter. */
export function shapeOf({ entry, fate }: AdapterTensor, inputs: PortInputs): readonly number[] {
  const [first = 0, second = 0] = entry.shape;
  switch (fate.kind) {
    case 'saved anew':
      return fate.item.shape;
    case 'rows mapped':
      return [fate.item.shape[0] ?? 0, ...entry.shape.slice(1)];
    case 'columns mapped':
      return [first, fate.item.shape[0] ?? 0];
    case 'transposed':
      return [second, first];
    case 'turned':
      return [...inputs.patch.file.entry(partner(entry.name, fate.recipe)).shape].reverse();
    case 'tokens mapped':
      return [mappedTokens(fate, inputs).length, second];
    default:
      return entry.shape;
  }
}

/** Writes one tensor where the output stands. */
export async function writeTensor(
  tensor: AdapterTensor,
  inputs: PortInputs,
  output: FileHandle,
  kernel: LowRankKernel,
): Promise<void> {
  const { entry, fate } = tensor;
  const { file } = inputs.patch;
  const dtype = entry.dtype as FloatDtype;
  switch (fate.kind) {
    case 'copied':
      return output.writeFile(await file.readTensor(entry.name));
    case 'transposed': {
      const [rows = 0, columns = 0] = entry.shape;
      return writeFloats(output, transpose(await readFloats(file, entry.name), rows, columns), dtype);
    }
    case 'turned': {
      const values = await readFloats(file, partner(entry.name, fate.recipe));
      const turn = entry.name === fate.recipe.tensors.a ? turnedB : turnedA;
      return writeFloats(output, turn(values, fate.recipe), dtype);
    }
    case 'from the base':
      return output.writeFile(await fate.located.shard.file.readTensor(fate.located.entry.name));
    case 'dropped':
      return;
    case 'scaled': {
      const values = await readFloats(file, entry.name);
      return writeFloats(
        output,
        values.map((value) => value * inputs.plan.request.scale),
        dtype,
      );
    }
    case 'rows mapped':
    case 'columns mapped': {
      const map = rowsOf(inputs, fate.item, fate.part);
      const values = await readFloats(file, entry.name);
      const { rows, columns } = matrixOf(entry.shape);
      if (map === undefined) return output.writeFile(await file.readTensor(entry.name));
      const mapped = fate.kind === 'rows mapped' ? gatherRows(values, columns, map) : gatherColumns(values, rows, map);
      return writeFloats(output, mapped, dtype);
    }
    case 'saved anew':
      return writeRows(fate.item, range(fate.item.shape[0] ?? 0), inputs, output, kernel, dtype);
    case 'tokens mapped':
      return writeRows(fate.item, mappedTokens(fate, inputs), inputs, output, kernel, dtype);
  }
}

function partner(name: string, { tensors }: ExpertRecipe): string {
  return (name === tensors.a ? tensors.b : tensors.a) ?? '';
}

/** A[e · r + k, :] = B[:, k · experts + e]. */
function turnedB(b: Float32Array, { rank, experts }: ExpertRecipe): Float32Array {
  const [width, rows] = [rank * experts, b.length / (rank * experts)];
  return b.map((_, i) => {
    const [place, row] = [Math.floor(i / rows), i % rows];
    return b[row * width + (place % rank) * experts + Math.floor(place / rank)] ?? 0;
  });
}

/** B[:, k · experts + e] = A[e · r + k, :]. */
function turnedA(a: Float32Array, { rank, experts }: ExpertRecipe): Float32Array {
  const [width, columns] = [rank * experts, a.length / (rank * experts)];
  return a.map((_, i) => {
    const [row, place] = [Math.floor(i / width), i % width];
    return a[((place % experts) * rank + Math.floor(place / experts)) * columns + row] ?? 0;
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** W_new + Δ of the given rows, in the dtype that the patch had saved them in. */
async function writeRows(
  item: PlanItem,
  rows: readonly number[],
  inputs: PortInputs,
  output: FileHandle,
  kernel: LowRankKernel,
  dtype: FloatDtype,
): Promise<void> {
  const source = inputs.newBase.tensors.get(item.source);
  if (source === undefined) throw new Error(`${item.source} was planned and is not there`);
  // Only what replaces the base's rows: a low-rank part of the same tensor stays beside it in the adapter.
  const absolute = item.parts.filter(({ kind }) => kind === 'absolute');
  const delta = await openItem(inputs, { ...item, parts: absolute }, kernel);
  const step = tileRows(delta);
  for (let at = 0; at < rows.length;) {
    const row = rows[at] ?? 0;
    let count = 1;
    while (count < step && rows[at + count] === row + count) count++;
    const [weights, change] = [await readBaseRows(source, row, count), await delta.tile(row, count)];
    await writeFloats(
      output,
      weights.map((value, i) => value + (change[i] ?? 0)),
      dtype,
    );
    at += count;
  }
}

async function writeFloats(output: FileHandle, values: Float32Array, dtype: FloatDtype): Promise<void> {
  const bytes = new Uint8Array(values.length * bytesPerElement(dtype));
  narrow(values, dtype, bytes);
  await output.writeFile(bytes);
}

function gatherRows(values: Float32Array, columns: number, map: Int32Array): Float32Array {
  const result = new Float32Array(map.length * columns);
  map.forEach((row, i) => {
    if (row >= 0) result.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return result;
}

function gatherColumns(values: Float32Array, rows: number, map: Int32Array): Float32Array {
  const columns = values.length / rows;
  const result = new Float32Array(rows * map.length);
  for (let row = 0; row < rows; row++)
    map.forEach((column, i) => {
      if (column >= 0) result[row * map.length + i] = values[row * columns + column] ?? 0;
    });
  return result;
}
