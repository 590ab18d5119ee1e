import { matrixOf, type Delta } from '../../patch/delta.ts';
import { readBaseRows } from '../../patch/tensorReader.ts';
import { bytesPerElement, isFloatDtype, type FloatDtype } from '../../safetensors/dtypes.ts';
import { type TileBuffers, type TileSums } from '../addDelta.ts';
import { tileRows } from '../tiles.ts';
import { requantised } from './float8.ts';
import type { OutputTensor } from './outputTensor.ts';

/** Bytes of a source and what becomes of them; both are overwritten by the next. */
export interface PatchedTile {
  readonly source: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * A patched tensor in tiles of whole rows, as it is written: W + Δ in its own dtype, FP8 quantised anew or as BF16. Verifying
 * makes the same tiles again.
 */
export async function* patchedTiles(
  tensor: OutputTensor,
  delta: Delta,
  buffers: TileBuffers,
  sums: TileSums,
): AsyncGenerator<PatchedTile> {
  const { source, dtype, weight } = tensor;
  const float8 = weight ?? source;
  if (float8.scale !== undefined && (weight !== undefined || dtype === source.entry.dtype)) {
    const part = weight === undefined ? 'weight' : 'scale';
    for await (const strip of requantised(float8, float8.scale, delta, sums))
      yield { source: strip[part].before, bytes: strip[part].after };
    return;
  }
  yield* roundedTiles(tensor, dtype as FloatDtype, delta, buffers, sums);
}

async function* roundedTiles(
  { source }: OutputTensor,
  dtype: FloatDtype,
  delta: Delta,
  buffers: TileBuffers,
  sums: TileSums,
): AsyncGenerator<PatchedTile> {
  const { entry, shard } = source;
  const { rows, columns } = matrixOf(entry.shape);
  const step = tileRows({ rows, columns });
  const rowBytes = (entry.end - entry.begin) / Math.max(1, rows);
  const before = new Uint8Array(step * rowBytes);
  const after = new Uint8Array(step * columns * bytesPerElement(dtype));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const tile = before.subarray(0, count * rowBytes);
    const bytes = after.subarray(0, count * columns * bytesPerElement(dtype));
    await shard.file.read(tile, entry.begin + row * rowBytes);
    const change = await delta.tile(row, count);
    if (isFloatDtype(entry.dtype)) {
      bytes.set(tile);
      buffers.add(bytes, dtype, change, sums);
    } else buffers.convert(await readBaseRows(source, row, count), dtype, change, bytes, sums);
    yield { source: tile, bytes };
  }
}
