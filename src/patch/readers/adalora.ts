import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Group, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';

/** PEFT's, against division by zero. */
const EPSILON = 1e-5;

/**
 * AdaLoRA (Zhang et al. 2023, arXiv 2303.10512): Δ = B @ (A ∘ E) · α / (init_r + 1e-5), however many ranks were kept
 * (peft/tuners/adalora/layer.py, `SVDLinear.get_delta_weight`, `ranknum`).
 */
export function readAdalora({ module, entries, rules }: Group, config: AdapterConfig): Read[] {
  const [a, b, e] = [entries.get('lora_A'), entries.get('lora_B'), entries.get('lora_E')];
  const some = a ?? b ?? e;
  if (some === undefined) return [];
  if (!a || !b || !e) return [refuse(some.name, 'one of lora_A, lora_B and lora_E is missing')];
  const [rank = 0, input = 0] = a.shape;
  if (b.shape[1] !== rank || String(e.shape) !== String([rank, 1]))
    return [refuse(some.name, 'its factors do not fit one another')];
  const odd = [a, b, e].find((entry) => !hasFloats(entry));
  if (odd) return [refuse(odd.name, `its dtype ${odd.dtype} is not a float that can be computed with`)];
  const initial = config.init_r ?? rank;
  const stated = config.lora_alpha ?? 0;
  const alpha = stated > 0 ? stated : initial;
  return [
    {
      module,
      parameter: 'weight',
      kind: 'pure delta',
      rules,
      recipe: {
        method: 'AdaLoRA',
        tensors: { a: a.name, b: b.name, e: e.name },
        shape: [b.shape[0] ?? 0, input],
        linear: true,
        rank,
        alpha,
        scaling: alpha / (initial + EPSILON),
        embedding: false,
      },
    },
  ];
}
