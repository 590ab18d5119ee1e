import type { ViewMetric, ViewTensor } from '../../src/editor/report/viewTypes.ts';

/** A number of several tensors together, as the metric says; null where it is known of none. */
export function combined(
  tensors: readonly ViewTensor[],
  metrics: readonly ViewMetric[],
  metric: ViewMetric,
): number | null {
  const valuesOf = (name: string): (number | null)[] => {
    const index = metrics.findIndex((one) => one.name === name);
    return tensors.map((tensor) => tensor.values[index] ?? null);
  };
  const { combine } = metric;
  switch (combine.kind) {
    case 'norm':
      return root(valuesOf(metric.name));
    case 'ratio': {
      const [of, to] = [valuesOf(combine.of), valuesOf(combine.to)];
      const known = of.map((value, i) => value !== null && to[i] !== null);
      const [above, below] = [root(of.filter((_, i) => known[i])), root(to.filter((_, i) => known[i]))];
      return above === null || below === null || below === 0 ? null : above / below;
    }
    case 'mean':
      return mean(valuesOf(metric.name));
  }
}

function root(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.sqrt(known.reduce((sum, value) => sum + value * value, 0));
}

export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
