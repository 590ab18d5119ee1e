import type { Activation, Architecture } from '../architecture.ts';
import type { WeightSet } from '../weights/weight.ts';
import type { GraphBuilder } from './builder.ts';
import { linear } from './linear.ts';

/** down(act(gate(x)) ∘ up(x)) */
export function feedForward(
  graph: GraphBuilder,
  { hidden, intermediate, activation, biases, fused }: Architecture,
  weights: WeightSet,
  module: string,
  x: string,
): string {
  const widening = { outputs: intermediate, inputs: hidden };
  const project = (name: string, outputs: number): string =>
    linear(graph, weights, `${module}.${name}`, x, { ...widening, outputs }, biases.feedForward);
  const [gate = '', up = ''] = fused
    ? graph.ops('Split', [project('gate_up_proj', 2 * intermediate), graph.integers([intermediate, intermediate])], 2, {
        attributes: { axis: { integer: 1 } },
      })
    : [project('gate_proj', intermediate), project('up_proj', intermediate)];
  const gated = graph.op('Mul', [activated(graph, gate, activation), up]);
  return linear(
    graph,
    weights,
    `${module}.down_proj`,
    gated,
    { outputs: hidden, inputs: intermediate },
    biases.feedForward,
  );
}

/** QuickGelu with alpha 1 is x · sigmoid(x). */
function activated(graph: GraphBuilder, x: string, activation: Activation): string {
  if (activation === 'silu')
    return graph.op('QuickGelu', [x], { domain: 'com.microsoft', attributes: { alpha: { float: 1 } } });
  return graph.op('Gelu', [x], activation === 'gelu_tanh' ? { attributes: { approximate: { text: 'tanh' } } } : {});
}
