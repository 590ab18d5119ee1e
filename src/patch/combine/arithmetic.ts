/** How patches become one, by PEFT's names (peft/tuners/lora/model.py, `add_weighted_adapter`; utils/merge_utils.py). */
export const COMBINATIONS = ['cat', 'linear', 'ties', 'dare_linear', 'dare_ties', 'magnitude_prune'] as const;
/** `cat` is the exact sum of the deltas; the others work on the factors, as PEFT does, and need equal ranks. */
export type Combination = (typeof COMBINATIONS)[number];

export interface CombineOptions {
  readonly combination: Combination;
  /** The share of values that pruning keeps. */
  readonly density: number;
  /** Of DARE's random pruning. */
  readonly seed: number;
}

/** Draws 32 random bits. */
export type Draw = () => number;

/** The tensors merged after the method's pruning and election of signs; float32, equally long. */
export function mergeTensors(
  tensors: readonly Float32Array[],
  weights: readonly number[],
  { combination, density }: CombineOptions,
  draw: Draw,
): Float32Array {
  const pruned = tensors.map((tensor) => prune(tensor, combination, density, draw));
  return combination === 'ties' || combination === 'dare_ties'
    ? mergeAgreeing(pruned, weights)
    : weightedSum(pruned, weights);
}

function prune(tensor: Float32Array, combination: Combination, density: number, draw: Draw): Float32Array {
  if (density >= 1 || combination === 'cat' || combination === 'linear') return tensor;
  return combination.startsWith('dare') ? keepRandom(tensor, density, draw) : keepLargest(tensor, density);
}

function weightedSum(tensors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const sum = new Float32Array(tensors[0]?.length ?? 0);
  tensors.forEach((tensor, t) => {
    const weight = Math.fround(weights[t] ?? 0);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + Math.fround((tensor[i] ?? 0) * weight);
  });
  return sum;
}

/** The int(density · n) largest by magnitude. */
function keepLargest(tensor: Float32Array, density: number): Float32Array {
  const order = Array.from(tensor.keys()).sort((a, b) => Math.abs(tensor[b] ?? 0) - Math.abs(tensor[a] ?? 0));
  const kept = new Float32Array(tensor.length);
  for (const i of order.slice(0, Math.trunc(density * tensor.length))) kept[i] = tensor[i] ?? 0;
  return kept;
}

/** DARE (Yu et al. 2024, arXiv 2311.03099): each value with probability `density`, then divided by it. */
function keepRandom(tensor: Float32Array, density: number, draw: Draw): Float32Array {
  return tensor.map((value) => (draw() < density * 2 ** 32 ? value / Math.fround(density) : 0));
}

/** TIES (Yadav et al. 2023, arXiv 2306.01708): the mean of the weighted values whose sign is that of the unweighted sum. */
function mergeAgreeing(tensors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const merged = new Float32Array(tensors[0]?.length ?? 0);
  for (let i = 0; i < merged.length; i++) {
    const total = tensors.reduce((sum, tensor) => Math.fround(sum + (tensor[i] ?? 0)), 0);
    const majority = total >= 0 ? 1 : -1;
    let [sum, count] = [0, 0];
    tensors.forEach((tensor, t) => {
      const value = tensor[i] ?? 0;
      if (Math.sign(value) !== majority) return;
      sum = Math.fround(sum + Math.fround(value * Math.fround(weights[t] ?? 0)));
      count++;
    });
    merged[i] = sum / Math.max(1, count);
  }
  return merged;
}
