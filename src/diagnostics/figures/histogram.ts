import type { Histogram } from '../types.ts';
import type { TensorSums } from './tensorSums.ts';

/** Exponent 0 of float32 stands for −126 and what is smaller still. */
const BIAS = 127;

/** From the first bin that holds something to the last. */
export function histogramOf({ bins, rounding }: TensorSums): Histogram {
  const first = bins.findIndex((count) => count > 0);
  if (first === -1) return { from: 0, counts: [], absorbed: { BF16: [], F16: [], F32: [] } };
  const last = bins.findLastIndex((count) => count > 0);
  const cut = (all: Float64Array): number[] => [...all.subarray(first, last + 1)];
  return {
    from: first - BIAS,
    counts: cut(bins),
    absorbed: {
      BF16: cut(rounding.BF16.absorbedBins),
      F16: cut(rounding.F16.absorbedBins),
      F32: cut(rounding.F32.absorbedBins),
    },
  };
}
