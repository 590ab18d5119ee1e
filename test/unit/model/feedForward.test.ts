/** Activations that no family's golden case has, by their formulas: in transformers' ACT2FN and torch's documentation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../../../src/kernels/onnx/encode.ts';
import { activationOf } from '../../../src/model/families/decoder.ts';
import { GraphBuilder } from '../../../src/model/graph/builder.ts';
import { feedForward } from '../../../src/model/graph/feedForward.ts';
import { SAMPLES } from '../../../src/model/sampleNetwork.ts';
import { float32 } from '../../../src/model/tensors.ts';
import type { HeldWeight, WeightSet } from '../../../src/model/weights/weight.ts';
import { CPU } from '../../support/models.ts';

const SIZES = {
  hidden: 2,
  intermediate: 5,
  fused: false,
  biases: { queryKeyValue: false, output: false, feedForward: false },
};
const X = [1, 0.5, -2, 1, 3, -1.5];
const GATE = [1, 0, 0, 1, -1, 2, 0.3, 0.7, 2, -0.4];
const UP = [0.5, 1, -1, 0.25, 2, 0, 1, 1, -0.5, 0.75];
const DOWN = [1, -1, 0.5, 2, 0.25, 0, 1, 1, -2, 0.5];

/** Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)): enough terms for |x| < 6. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const FORMULAS = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  gelu: (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** rows [n, inputs] times weight [outputs, inputs] transposed. */
function times(rows: readonly number[], weight: readonly number[], inputs: number): number[] {
  const outputs = weight.length / inputs;
  return Array.from({ length: (rows.length / inputs) * outputs }, (_, i) => {
    const [row, output] = [Math.floor(i / outputs), i % outputs];
    let sum = 0;
    for (let k = 0; k < inputs; k++) sum += (rows[row * inputs + k] ?? 0) * (weight[output * inputs + k] ?? 0);
    return sum;
  });
}

describe('the feed-forward network', () => {
  for (const [name, activation] of [
    ['silu', 'silu'],
    ['swish', 'silu'],
    ['gelu', 'gelu'],
    ['gelu_new', 'gelu_tanh'],
    ['gelu_pytorch_tanh', 'gelu_tanh'],
  ] as const)
    it(`is down(act(gate) · up) with ${name}`, async () => {
      const [sample] = SAMPLES;
      assert.ok(sample);
      const held = (tensor: string, shape: readonly number[]): HeldWeight => {
        const values = tensor.includes('gate') ? GATE : tensor.includes('up') ? UP : DOWN;
        return { place: 'held', name: tensor, shape, values: Float32Array.from(values) };
      };
      const weights: WeightSet = {
        weight: held,
        branches: () => [],
        head: () => assert.fail('it has no head'),
        headBranches: [],
      };
      const graph = new GraphBuilder();
      const x = graph.input('x', 'float32', ['N', 2]);
      const y = feedForward(graph, { ...sample, ...SIZES, activation: activationOf(name) }, weights, 'mlp', x);
      const { graph: built, constants } = graph.finish('mlp', [{ name: y, type: 'float32', shape: ['N', 2] }]);
      await using session = await CPU.load(encodeModel(built), { foldConstants: false, constants });
      const results = await session.run({ x: float32(Float32Array.from(X), [3, 2]) });
      const up = times(X, UP, 2);
      const mixed = times(X, GATE, 2).map((value, i) => FORMULAS[activation](value) * (up[i] ?? NaN));
      const found = [...(results[y]?.data as Float32Array)];
      times(mixed, DOWN, 5).forEach((wanted, i) => assert.ok(Math.abs((found[i] ?? NaN) - wanted) < 1e-5));
    });
});
