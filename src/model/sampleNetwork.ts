import type { GraphRuntime } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { Network } from './network.ts';
import { makeRope } from './rope.ts';
import type { Branch, HeldWeight, WeightSet } from './weights/weight.ts';

const SIZES = { hidden: 32, intermediate: 48, heads: 4, keyValueHeads: 2, headSize: 16, vocabulary: 80 };
const RANK = 3;
/** Shorter than the rows that are tried. */
const WINDOW = 7;

/** Small decoders that between them have every part that a family has. */
export const SAMPLES: readonly Architecture[] = [sample(true), sample(false)];

function sample(gemma: boolean): Architecture {
  const rope = (theta: number, dimension: number): Architecture['ropes'][number] =>
    makeRope({ type: 'default', theta }, dimension, 512);
  return {
    ...SIZES,
    name: gemma ? 'like Gemma' : 'like Llama',
    layers: gemma
      ? [
          { window: WINDOW, rope: 0 },
          { window: undefined, rope: 1 },
        ]
      : [{ window: undefined, rope: 0 }],
    ropes: gemma ? [rope(10_000, SIZES.headSize), rope(1000, SIZES.headSize)] : [rope(10_000, SIZES.headSize / 2)],
    maxLength: 512,
    epsilon: 1e-6,
    normsPlusOne: gemma,
    headNorms: gemma,
    sandwichNorms: gemma,
    activation: gemma ? 'gelu_tanh' : 'silu',
    embeddingScale: gemma ? 2 : 1,
    attentionScale: SIZES.headSize ** -0.5,
    attentionCap: gemma ? 2 : undefined,
    logitCap: gemma ? 4 : undefined,
    biases: { queryKeyValue: !gemma, output: !gemma, feedForward: !gemma },
    fused: !gemma,
    tied: gemma,
  };
}

/** The decoder with weights that are the same in every run, a patch on its embedding, a linear and its head. */
export function sampleNetwork(architecture: Architecture, runtime: GraphRuntime): Network {
  const random = generator();
  const made = new Map<string, HeldWeight>();
  const weight: WeightSet['weight'] = (name, shape) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const values = randomWeight(random, shape, architecture.normsPlusOne ? 0 : 1);
    const held: HeldWeight = { place: 'held', name, shape, values };
    made.set(name, held);
    return held;
  };
  const branch = (rows: number, columns: number): Branch => ({
    left: values(random, rows * RANK, 0.4),
    right: values(random, RANK * columns, 0.4),
    rank: RANK,
    scaling: 0.5,
    patch: 0,
  });
  const { vocabulary, hidden, intermediate } = architecture;
  const branches = new Map([
    ['model.embed_tokens.weight', [branch(vocabulary, hidden)]],
    ['model.layers.0.mlp.down_proj.weight', [branch(hidden, intermediate)]],
  ]);
  const weights: WeightSet = {
    weight,
    branches: (name) => branches.get(name) ?? [],
    head: (shape) => weight('lm_head.weight', shape),
    headBranches: [branch(vocabulary, hidden)],
  };
  const memory = runtime.device === 'cpu' ? 'resident' : 'device';
  return new Network({ architecture, weights, runtime, memory, scales: [0.75], tileRows: 33 });
}

/** Matrices keep the size of what they multiply, norms lie about their neutral value. */
function randomWeight(random: () => number, shape: readonly number[], neutral: number): Float32Array {
  const [rows = 1, columns] = shape;
  if (columns === undefined) return values(random, rows, 0.5).map((value) => neutral + value);
  return values(random, rows * columns, 3 / Math.sqrt(columns));
}

function values(random: () => number, length: number, spread: number): Float32Array {
  return Float32Array.from({ length }, () => spread * random());
}

/** Numbers in [-1, 1) that are the same in every run. */
function generator(): () => number {
  let state = 1;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31;
}
