import { throwIfCancelled } from '../../base/abort.ts';
import { ProgressMeter } from '../../base/progress.ts';
import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { matrixOf } from '../../patch/delta.ts';
import { readBaseRows } from '../../patch/tensorReader.ts';
import { tileRows } from '../../port/tiles.ts';
import { elements } from '../../safetensors/shape.ts';
import type { Architecture } from '../architecture.ts';
import type { LoadOptions } from '../loadedModel.ts';
import { locate } from '../weights/loadWeights.ts';
import { neededWeights } from '../weights/recorder.ts';
import type { HeldWeight } from '../weights/weight.ts';

export interface Bases {
  readonly old: Checkpoint;
  readonly now: Checkpoint;
  /** Of both. */
  readonly architecture: Architecture;
}

/**
 * W_old + t·(W_new − W_old) of every weight of the network, whether a patch changes it or not; computed in float64 and
 * rounded once to float32, exact at both ends.
 *
 * @param earlier of another t, which is overwritten: the memory of one model is enough for a line
 * @throws InputError if a base has not the tensors of its network; CancelledError
 */
export async function blendWeights(
  { old, now, architecture }: Bases,
  t: number,
  earlier: ReadonlyMap<string, HeldWeight> | undefined,
  { sink, signal }: LoadOptions,
): Promise<Map<string, HeldWeight>> {
  const needed = [...neededWeights(architecture)];
  const total = needed.reduce((sum, [, shape]) => sum + elements(shape), 0);
  const meter = new ProgressMeter('blend', { bytes: total, tensors: needed.length, unit: 'parameters' }, sink);
  const weights = new Map<string, HeldWeight>();
  for (const [name, shape] of needed) {
    const values = earlier?.get(name)?.values ?? new Float32Array(elements(shape));
    const pair = [locate(old, name, shape), locate(now, name, shape)] as const;
    for await (const count of blendTensor(pair, t, values, signal)) meter.addBytes(count);
    weights.set(name, { place: 'held', name, shape, values });
    meter.addTensor();
  }
  return weights;
}

async function* blendTensor(
  [old, now]: readonly [LocatedTensor, LocatedTensor],
  t: number,
  values: Float32Array,
  signal: AbortSignal,
): AsyncGenerator<number> {
  const { rows, columns } = matrixOf(now.entry.shape);
  const step = tileRows({ rows, columns });
  for (let row = 0; row < rows; row += step) {
    throwIfCancelled(signal);
    const count = Math.min(step, rows - row);
    const [before, after] = [await readBaseRows(old, row, count), await readBaseRows(now, row, count)];
    blend(before, after, t, values.subarray(row * columns, (row + count) * columns));
    yield after.length;
  }
}

/** `into` ← before + t·(after − before) */
export function blend(before: Float32Array, after: Float32Array, t: number, into: Float32Array): void {
  // The difference of two very unequal numbers is rounded, so that the sum would not always be the second of them.
  if (t === 1) into.set(after);
  else
    for (let i = 0; i < into.length; i++) {
      const from = before[i] ?? 0;
      into[i] = from + t * ((after[i] ?? 0) - from);
    }
}
