import type { Combine, ViewMetric, ViewTensor } from '../../src/editor/report/viewTypes.ts';

/** A number of several tensors, and what chance gives of it. */
export interface Combined {
  readonly value: number | null;
  readonly chance: number | null;
}

type Numbers = readonly (number | null)[];

/** A number of several tensors together, as the metric says; null where it is known of none. */
export function combined(tensors: readonly ViewTensor[], metrics: readonly ViewMetric[], metric: ViewMetric): Combined {
  const indexOf = (name: string): number => metrics.findIndex((one) => one.name === name);
  const valuesOf = (name: string): Numbers => tensors.map((tensor) => tensor.values[indexOf(name)] ?? null);
  const chances = tensors.map((tensor) => tensor.chances[indexOf(metric.name)] ?? null);
  const own = valuesOf(metric.name);
  const { combine } = metric;
  switch (combine.kind) {
    case 'norm':
      return { value: root(own), chance: null };
    case 'ratio':
      return { value: ratio(valuesOf(combine.of), valuesOf(combine.to)), chance: null };
    case 'cosine':
      return { value: cosine(own, combine, valuesOf), chance: chanceOfAll(chances) };
    case 'mean':
      return { value: mean(own), chance: mean(chances) };
  }
}

function ratio(of: Numbers, to: Numbers): number | null {
  const known = of.map((value, i) => value !== null && to[i] !== null);
  const [above, below] = [root(of.filter((_, i) => known[i])), root(to.filter((_, i) => known[i]))];
  return above === null || below === null || below === 0 ? null : above / below;
}

/** Σ cos_i a_i b_i / √(Σ a_i² Σ b_i²) */
function cosine(
  cosines: Numbers,
  { a, b }: Extract<Combine, { kind: 'cosine' }>,
  valuesOf: (name: string) => Numbers,
): number | null {
  const [left, right] = [valuesOf(a), valuesOf(b)];
  let [product, ofLeft, ofRight] = [0, 0, 0];
  for (const [i, value] of cosines.entries()) {
    const [x, y] = [left[i] ?? null, right[i] ?? null];
    if (value === null || x === null || y === null) continue;
    product += value * x * y;
    ofLeft += x * x;
    ofRight += y * y;
  }
  return ofLeft > 0 && ofRight > 0 ? product / Math.sqrt(ofLeft * ofRight) : null;
}

/** 1/√n of all elements, from 1/√n of each tensor's. */
function chanceOfAll(chances: Numbers): number | null {
  const elements = chances.reduce<number>(
    (sum, chance) => sum + (chance === null || chance === 0 ? 0 : chance ** -2),
    0,
  );
  return elements === 0 ? null : 1 / Math.sqrt(elements);
}

function root(values: Numbers): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.sqrt(known.reduce((sum, value) => sum + value * value, 0));
}

function mean(values: Numbers): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
