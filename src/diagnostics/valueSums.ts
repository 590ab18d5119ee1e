import type { PowerOfTwo, ValueFigures } from './figureTypes.ts';

const BIAS = 1023;

/** Adds up values, each as often as it occurs, in float64. */
export class ValueSums {
  private elements = 0;
  private zeros = 0;
  private nans = 0;
  private infinities = 0;
  private finite = 0;
  private squares = 0;
  private largest = 0;
  /** Sums are of the differences to it, so that a small spread around a large mean is not lost. */
  private origin: number | undefined;
  private sum = 0;
  private spread = 0;
  private readonly counts = new Float64Array(2 * BIAS + 1);
  private readonly value = new Float64Array(1);
  private readonly words = new Uint32Array(this.value.buffer);

  add(value: number, times: number): void {
    this.elements += times;
    if (value !== value) {
      this.nans += times;
      return;
    }
    const size = Math.abs(value);
    if (size === Infinity) {
      this.infinities += times;
      return;
    }
    this.finite += times;
    this.origin ??= value;
    const difference = value - this.origin;
    this.sum += difference * times;
    this.spread += difference * difference * times;
    if (size === 0) {
      this.zeros += times;
      return;
    }
    this.squares += size * size * times;
    if (size > this.largest) this.largest = size;
    this.value[0] = size;
    const field = (this.words[1] ?? 0) >>> 20;
    this.counts[field] = (this.counts[field] ?? 0) + times;
  }

  figures(): ValueFigures {
    const { elements, zeros, nans, infinities, finite, squares, largest, origin = 0 } = this;
    const offset = this.sum / finite;
    const powers: PowerOfTwo[] = [];
    for (const [field, count] of this.counts.entries()) if (count > 0) powers.push({ exponent: field - BIAS, count });
    return {
      ...{ elements, zeros, nans, infinities, largest, powers },
      norm: finiteOrNull(Math.sqrt(squares)),
      mean: finiteOrNull(origin + offset),
      deviation: finiteOrNull(Math.sqrt(Math.max(0, this.spread / finite - offset * offset))),
    };
  }
}

/** Messages between processes have no NaN and no infinity. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
