import type { BlockScale } from '../../checkpoint/float8.ts';
import { readScaledRows } from '../../checkpoint/float8.ts';
import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { narrow, widen } from '../../kernels/convert.ts';
import { FLOAT8_MAX, narrowFloat8, widenFloat8 } from '../../kernels/float8.ts';
import type { Delta, Floats } from '../../patch/delta.ts';
import { bytesPerElement, type FloatDtype } from '../../safetensors/dtypes.ts';
import { collect, type TileSums } from '../addDelta.ts';

/** Of one strip of blocks: the bytes that were there, those that are written, and the same for the scales. */
interface Strip {
  readonly weight: { readonly before: Uint8Array; readonly after: Uint8Array };
  readonly scale: { readonly before: Uint8Array; readonly after: Uint8Array };
}

/**
 * W + Δ quantised anew, strip by strip of blocks: each block's scale is its largest magnitude / 448, rounded to the scales'
 * dtype before it is used. A strip that Δ leaves alone keeps its bytes.
 */
export async function* requantised(
  weight: LocatedTensor,
  scale: BlockScale,
  delta: Delta,
  totals: TileSums,
): AsyncGenerator<Strip> {
  const [rows = 0, columns = 0] = weight.entry.shape;
  for (let row = 0; row < rows; row += scale.block[0]) {
    const count = Math.min(scale.block[0], rows - row);
    const change = await delta.tile(row, count);
    const before = {
      weight: await readBytes(weight, row * columns, count * columns),
      scale: await readScaleBytes(scale, row / scale.block[0], columns),
    };
    const values = await readScaledRows(weight, scale, row, count);
    const after = change.some((value: number) => value !== 0) ? quantise(values, change, columns, scale) : before;
    collect(values, dequantise(after, columns, scale), change, totals);
    yield {
      weight: { before: before.weight, after: after.weight },
      scale: { before: before.scale, after: after.scale },
    };
  }
}

interface Quantised {
  readonly weight: Uint8Array;
  readonly scale: Uint8Array;
}

function quantise(values: Float32Array, change: Floats, columns: number, { located, block }: BlockScale): Quantised {
  const sums = values.map((value, i) => value + (change[i] ?? 0));
  const across = Math.ceil(columns / block[1]);
  const largest = new Float32Array(across);
  sums.forEach((value, i) => {
    const place = Math.floor((i % columns) / block[1]);
    largest[place] = Math.max(largest[place] ?? 0, Math.abs(value));
  });
  const dtype = located.entry.dtype as FloatDtype;
  const scaleBytes = new Uint8Array(across * bytesPerElement(dtype));
  narrow(
    largest.map((most) => (most === 0 ? 1 : most / FLOAT8_MAX)),
    dtype,
    scaleBytes,
  );
  const scales = scalesOf(scaleBytes, dtype);
  const bytes = new Uint8Array(sums.length);
  narrowFloat8(
    sums.map((value, i) => value / (scales[Math.floor((i % columns) / block[1])] ?? NaN)),
    bytes,
  );
  return { weight: bytes, scale: scaleBytes };
}

function dequantise({ weight, scale }: Quantised, columns: number, { located, block }: BlockScale): Float32Array {
  const values = new Float32Array(weight.length);
  widenFloat8(weight, values);
  const scales = scalesOf(scale, located.entry.dtype as FloatDtype);
  return values.map((value, i) => value * (scales[Math.floor((i % columns) / block[1])] ?? NaN));
}

function scalesOf(bytes: Uint8Array, dtype: FloatDtype): Float32Array {
  const scales = new Float32Array(bytes.length / bytesPerElement(dtype));
  widen(bytes, dtype, scales);
  return scales;
}

async function readBytes({ entry, shard }: LocatedTensor, at: number, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  await shard.file.read(bytes, entry.begin + at);
  return bytes;
}

function readScaleBytes({ located, block }: BlockScale, strip: number, columns: number): Promise<Uint8Array> {
  const size = Math.ceil(columns / block[1]) * bytesPerElement(located.entry.dtype as FloatDtype);
  return readBytes(located, strip * size, size);
}
