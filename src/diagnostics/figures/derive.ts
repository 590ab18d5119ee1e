import type { Beside, Norms, OutputDtype, Retrained, Rounding } from '../types.ts';
import { OUTPUT_DTYPES } from '../types.ts';
import type { TensorSums } from './tensorSums.ts';

/** The figures that follow from sums alone, of one tensor or of many. */
export interface Derived {
  readonly norms: Norms;
  readonly lineage: number | null;
  readonly cosine: Beside | null;
  readonly rounding: Readonly<Record<OutputDtype, Rounding>>;
  readonly retrained: Retrained | null;
}

/** What of the sums means something: the others were not taken. */
export interface Known {
  readonly evolution: boolean;
  readonly retrained: boolean;
}

export function derive(sums: TensorSums, known: Known): Derived {
  const { delta, weight, oldWeight, evolution, weights, deltaEvolution, elements } = sums;
  const cosineOf = (product: number, a: number, b: number): number => (a > 0 && b > 0 ? product / Math.sqrt(a * b) : 0);
  return {
    norms: {
      delta: Math.sqrt(delta),
      weight: Math.sqrt(weight),
      evolution: known.evolution ? Math.sqrt(evolution) : null,
      oldWeight: known.evolution ? Math.sqrt(oldWeight) : null,
    },
    lineage: known.evolution ? cosineOf(weights, weight, oldWeight) : null,
    cosine: known.evolution
      ? { value: cosineOf(deltaEvolution, delta, evolution), chance: 1 / Math.sqrt(elements) }
      : null,
    rounding: Object.fromEntries(OUTPUT_DTYPES.map((dtype) => [dtype, roundingOf(sums, dtype)])) as Derived['rounding'],
    // Nothing is as many times away from a patch that is zero.
    retrained: known.retrained && delta > 0 ? retrainedOf(sums, cosineOf) : null,
  };
}

function roundingOf({ rounding, bins, delta }: TensorSums, dtype: OutputDtype): Rounding {
  const { absorbedBins, lost } = rounding[dtype];
  const touched = total(bins);
  return {
    absorbed: touched === 0 ? 0 : total(absorbedBins) / touched,
    error: delta === 0 ? 0 : Math.sqrt(lost / delta),
  };
}

function total(bins: Float64Array): number {
  return bins.reduce((sum, count) => sum + count, 0);
}

/** ‖C‖² = ‖Δ‖² + ‖Δ'‖² − 2⟨Δ, Δ'⟩ */
function retrainedOf(
  { delta, retrained, deltaRetrained, elements }: TensorSums,
  cosineOf: (product: number, a: number, b: number) => number,
): Retrained {
  const distance = Math.sqrt(Math.max(0, delta + retrained - 2 * deltaRetrained));
  const norm = Math.sqrt(delta);
  return {
    norm: Math.sqrt(retrained),
    distance: { value: distance / norm, chance: Math.sqrt(1 + retrained / delta) },
    cosine: { value: cosineOf(deltaRetrained, delta, retrained), chance: 1 / Math.sqrt(elements) },
  };
}

/** The sums of several tensors together. */
export function add(all: readonly TensorSums[], into: TensorSums): TensorSums {
  for (const sums of all) {
    for (const key of NUMBERS) into[key] += sums[key];
    addBins(into.bins, sums.bins);
    for (const dtype of OUTPUT_DTYPES) {
      into.rounding[dtype].lost += sums.rounding[dtype].lost;
      addBins(into.rounding[dtype].absorbedBins, sums.rounding[dtype].absorbedBins);
    }
  }
  return into;
}

function addBins(into: Float64Array, bins: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + (bins[i] ?? 0);
}

const NUMBERS = [
  'elements',
  'delta',
  'weight',
  'oldWeight',
  'evolution',
  'deltaEvolution',
  'weights',
  'retrained',
  'deltaRetrained',
] as const;
