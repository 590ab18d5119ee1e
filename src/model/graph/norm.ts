import type { Architecture } from '../architecture.ts';
import type { WeightSet } from '../weights/weight.ts';
import type { GraphBuilder } from './builder.ts';

/** x / √(mean(x²) + ε) · w over the last dimension. */
export function norm(
  graph: GraphBuilder,
  weights: WeightSet,
  { epsilon, normsPlusOne }: Architecture,
  name: string,
  x: string,
  size: number,
): string {
  const stored = graph.weight(weights.weight(name, [size]));
  const weight = normsPlusOne ? graph.op('Add', [stored, graph.float(1)]) : stored;
  return graph.op('RMSNormalization', [x, weight], {
    attributes: { axis: { integer: -1 }, epsilon: { float: epsilon } },
  });
}

/** cap · tanh(x / cap) */
export function capped(graph: GraphBuilder, x: string, cap: number | undefined): string {
  if (cap === undefined) return x;
  const bent = graph.op('Tanh', [graph.op('Mul', [x, graph.float(1 / cap)])]);
  return graph.op('Mul', [bent, graph.float(cap)]);
}
