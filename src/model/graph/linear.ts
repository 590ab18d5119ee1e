import type { Branch, WeightSet } from '../weights/weight.ts';
import type { GraphBuilder } from './builder.ts';

/** The shape of a linear's weight: [outputs, inputs], as torch has it. */
export interface LinearShape {
  readonly outputs: number;
  readonly inputs: number;
}

const TRANSPOSED = { transB: { integer: 1 } };

/** x Wᵀ (+ b) + Σ scale · (x rightᵀ) leftᵀ; x [tokens, inputs] → [tokens, outputs]. */
export function linear(
  graph: GraphBuilder,
  weights: WeightSet,
  module: string,
  x: string,
  { outputs, inputs }: LinearShape,
  biased: boolean,
): string {
  const name = `${module}.weight`;
  const weight = graph.weight(weights.weight(name, [outputs, inputs]));
  const bias = biased ? [graph.weight(weights.weight(`${module}.bias`, [outputs]))] : [];
  const product = graph.op('Gemm', [x, weight, ...bias], { attributes: TRANSPOSED });
  return addBranches(graph, weights.branches(name), name, x, product, { outputs, inputs });
}

/** Adds the branches of a weight; `rows` are those of its rows that `product` covers. */
export function addBranches(
  graph: GraphBuilder,
  branches: readonly Branch[],
  name: string,
  x: string,
  product: string,
  { outputs, inputs }: LinearShape,
  rows: readonly [from: number, to: number] = [0, outputs],
): string {
  let sum = product;
  branches.forEach((branch, i) => {
    const { left, right } = factors(graph, branch, `${name}.branch${i}`, { outputs, inputs }, rows);
    const inner = scaled(graph, graph.op('Gemm', [x, right], { attributes: TRANSPOSED }), branch);
    sum = graph.op('Gemm', [inner, left, sum], { attributes: TRANSPOSED });
  });
  return sum;
}

export function factors(
  graph: GraphBuilder,
  { left, right, rank }: Branch,
  name: string,
  { outputs, inputs }: LinearShape,
  rows: readonly [from: number, to: number],
): { left: string; right: string } {
  const held = (part: string, values: Float32Array, shape: readonly number[]) =>
    ({ place: 'held', name: `${name}.${part}`, shape, values }) as const;
  return {
    left: graph.weight(held('left', left, [outputs, rank]), rows),
    right: graph.weight(held('right', right, [rank, inputs])),
  };
}

/** Times the module's own scaling and the patch's scale, which is an input. */
export function scaled(graph: GraphBuilder, inner: string, { scaling, patch }: Branch): string {
  const scale = graph.input(scaleInput(patch), 'float32', []);
  return graph.op('Mul', [inner, graph.op('Mul', [scale, graph.float(scaling)])]);
}

export function scaleInput(patch: number): string {
  return `scale_${patch}`;
}
