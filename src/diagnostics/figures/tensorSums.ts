import { yieldToEvents } from '../../base/abort.ts';
import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { narrow, widen } from '../../kernels/convert.ts';
import type { Delta, Floats } from '../../patch/delta.ts';
import { readBaseRows } from '../../patch/tensorReader.ts';
import { tileRows } from '../../port/tiles.ts';
import { bytesPerElement } from '../../safetensors/dtypes.ts';
import { laneJob, sumInLane } from './laneSums.ts';
import { OUTPUT_DTYPES, type OutputDtype } from '../types.ts';

/** Of float32, biased. */
export const EXPONENTS = 256;

/** Sums over the elements of a tensor, float64; those of several tensors add up. */
export interface TensorSums {
  elements: number;
  /** Σ Δ², W'², W², S², ΔS, WW', Δ'² and ΔΔ'. */
  delta: number;
  weight: number;
  oldWeight: number;
  evolution: number;
  deltaEvolution: number;
  weights: number;
  retrained: number;
  deltaRetrained: number;
  /** Elements with Δ ≠ 0 by the exponent of Δ as float32 has it, biased by 127. */
  readonly bins: Float64Array;
  readonly rounding: Readonly<Record<OutputDtype, RoundingSums>>;
}

export interface RoundingSums {
  /** Those of them that stay as they are. */
  readonly absorbedBins: Float64Array;
  /** Σ (round(W' + Δ) − round(W') − Δ)² */
  lost: number;
}

export function noSums(): TensorSums {
  const none = (): RoundingSums => ({ lost: 0, absorbedBins: new Float64Array(EXPONENTS) });
  return {
    ...{ elements: 0, delta: 0, weight: 0, oldWeight: 0, evolution: 0, deltaEvolution: 0, weights: 0 },
    ...{ retrained: 0, deltaRetrained: 0, bins: new Float64Array(EXPONENTS) },
    rounding: { BF16: none(), F16: none(), F32: none() },
  };
}

export interface SummedTensors {
  readonly delta: Delta;
  readonly weight: LocatedTensor;
  readonly oldWeight: LocatedTensor | undefined;
  readonly retrained: Delta | undefined;
}

/** Reads each of them once, tile by tile; in a lane where Δ is a product and the weights are floats. @throws CancelledError */
export async function sumTensors(
  tensors: SummedTensors,
  onTile: (elements: number) => void,
  signal: AbortSignal,
): Promise<TensorSums> {
  const job = laneJob(tensors);
  return job === undefined ? sumHere(tensors, onTile, signal) : sumInLane(job, onTile, signal);
}

export async function sumHere(
  { delta, weight, oldWeight, retrained }: SummedTensors,
  onTile: (elements: number) => void,
  signal: AbortSignal,
): Promise<TensorSums> {
  const sums = noSums();
  const step = tileRows(delta);
  const rounding = new Roundings(step * delta.columns);
  for (let row = 0; row < delta.rows; row += step) {
    await yieldToEvents(signal);
    const count = Math.min(step, delta.rows - row);
    const change = await delta.tile(row, count);
    const now = await readBaseRows(weight, row, count);
    addPatch(sums, change, now);
    rounding.add(sums, change, now, weight.entry.dtype);
    if (oldWeight !== undefined) addEvolution(sums, change, now, await readBaseRows(oldWeight, row, count));
    if (retrained !== undefined) addRetrained(sums, change, await retrained.tile(row, count));
    onTile(now.length);
  }
  return sums;
}

function addPatch(sums: TensorSums, delta: Floats, weight: Float32Array): void {
  let [ofDelta, ofWeight] = [0, 0];
  for (let i = 0; i < weight.length; i++) {
    const [change, now] = [delta[i] ?? 0, weight[i] ?? 0];
    ofDelta += change * change;
    ofWeight += now * now;
  }
  sums.elements += weight.length;
  sums.delta += ofDelta;
  sums.weight += ofWeight;
}

function addEvolution(sums: TensorSums, delta: Floats, weight: Float32Array, oldWeight: Float32Array): void {
  let [ofOld, evolution, cross, both] = [0, 0, 0, 0];
  for (let i = 0; i < weight.length; i++) {
    const [now, then] = [weight[i] ?? 0, oldWeight[i] ?? 0];
    const moved = now - then;
    ofOld += then * then;
    evolution += moved * moved;
    cross += (delta[i] ?? 0) * moved;
    both += now * then;
  }
  sums.oldWeight += ofOld;
  sums.evolution += evolution;
  sums.deltaEvolution += cross;
  sums.weights += both;
}

function addRetrained(sums: TensorSums, delta: Floats, retrained: Floats): void {
  let [own, cross] = [0, 0];
  for (let i = 0; i < delta.length; i++) {
    const other = retrained[i] ?? 0;
    own += other * other;
    cross += (delta[i] ?? 0) * other;
  }
  sums.retrained += own;
  sums.deltaRetrained += cross;
}

/** What every output dtype would keep; buffers are used again from tile to tile. */
class Roundings {
  private readonly sum: Float32Array;
  private readonly before: Float32Array;
  private readonly bytes: Uint8Array;
  private readonly single: Float32Array;
  private readonly bits: Uint32Array;

  constructor(elements: number) {
    this.sum = new Float32Array(elements);
    this.before = new Float32Array(elements);
    this.bytes = new Uint8Array(4 * elements);
    this.single = new Float32Array(elements);
    this.bits = new Uint32Array(this.single.buffer);
  }

  add(sums: TensorSums, delta: Floats, weight: Float32Array, stored: string): void {
    const { length } = weight;
    const [sum, before] = [this.sum.subarray(0, length), this.before.subarray(0, length)];
    const bits = this.countSizes(sums, delta);
    for (const dtype of OUTPUT_DTYPES) {
      for (let i = 0; i < length; i++) sum[i] = (weight[i] ?? 0) + (delta[i] ?? 0);
      this.round(sum, dtype);
      // Weights are what their own dtype holds.
      if (dtype === stored || dtype === 'F32') addRounding(sums.rounding[dtype], { delta, bits }, sum, weight);
      else {
        before.set(weight);
        this.round(before, dtype);
        addRounding(sums.rounding[dtype], { delta, bits }, sum, before);
      }
    }
  }

  /** @returns the bits of Δ as float32 */
  private countSizes({ bins }: TensorSums, delta: Floats): Uint32Array {
    const bits = this.bits.subarray(0, delta.length);
    this.single.set(delta);
    for (let i = 0; i < bits.length; i++) if (delta[i] !== 0) count(bins, bits[i]);
    return bits;
  }

  private round(values: Float32Array, dtype: OutputDtype): void {
    if (dtype === 'F32') return;
    const bytes = this.bytes.subarray(0, values.length * bytesPerElement(dtype));
    narrow(values, dtype, bytes);
    widen(bytes, dtype, values);
  }
}

interface Change {
  readonly delta: Floats;
  readonly bits: Uint32Array;
}

function addRounding(sums: RoundingSums, { delta, bits }: Change, after: Float32Array, before: Float32Array): void {
  let lost = 0;
  for (let i = 0; i < after.length; i++) {
    const change = delta[i] ?? 0;
    if (change === 0) continue;
    const kept = (after[i] ?? 0) - (before[i] ?? 0);
    if (kept === 0) count(sums.absorbedBins, bits[i]);
    lost += (kept - change) * (kept - change);
  }
  sums.lost += lost;
}

function count(bins: Float64Array, bits = 0): void {
  const exponent = (bits >>> 23) & 0xff;
  bins[exponent] = (bins[exponent] ?? 0) + 1;
}
