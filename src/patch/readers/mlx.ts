import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import type { TensorEntry } from '../../safetensors/header.ts';
import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';

const RULE = 'MLX: A and B are stored transposed';
const FACTOR = /^(.+)\.lora_([ab])$/;

/**
 * Adapters of MLX-LM: a [in, r] and b [r, out], y = x W + scale · (x a) b, names without a prefix (mlx_lm/tuner/lora.py).
 *
 * @throws InputError if its scale is not stated, or DoRA was trained
 */
export function readMlx(entries: Iterable<TensorEntry>, config: AdapterConfig): Read[] {
  const scale = mlxScale(config);
  const pairs = new Map<string, { a?: TensorEntry; b?: TensorEntry }>();
  const reads: Read[] = [];
  for (const entry of entries) {
    const match = FACTOR.exec(entry.name);
    if (match?.[1] === undefined) reads.push(refuse(entry.name, 'it is no factor of an MLX adapter'));
    else pairs.set(match[1], { ...pairs.get(match[1]), [match[2] ?? '']: entry });
  }
  return [...reads, ...[...pairs].map(([module, { a, b }]) => readPair(module, a, b, scale))];
}

function readPair(module: string, a: TensorEntry | undefined, b: TensorEntry | undefined, scale: number): Read {
  const some = a ?? b;
  if (a === undefined || b === undefined) return refuse(some?.name ?? module, 'its partner is missing');
  const [input = 0, rank = 0] = a.shape;
  const [inner, out = 0] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || inner !== rank || rank === 0 || !hasFloats(a) || !hasFloats(b))
    return refuse(a.name, `its shape [${a.shape.join(', ')}] does not fit lora_b's [${b.shape.join(', ')}]`);
  return {
    module,
    parameter: 'weight',
    kind: 'pure delta',
    rules: [RULE],
    recipe: {
      method: 'LoRA',
      tensors: { a: a.name, b: b.name },
      shape: [out, input],
      linear: true,
      rank,
      alpha: scale * rank,
      scaling: scale,
      embedding: false,
      turned: true,
    },
  };
}

/** `scale` multiplies the product; adapters of before 2024-10 also state `alpha`, and meant scale · alpha / rank. */
function mlxScale({ lora_parameters: parameters, fine_tune_type: type }: AdapterConfig): number {
  if (type != null && type !== 'lora')
    throw new InputError(
      `adapter_config.json: MLX adapters of the type ${brief(type)} are not ported.`,
      'Only lora is.',
    );
  const { scale, alpha, rank } = parameters ?? {};
  if (alpha != null && rank != null) return ((scale ?? 1) * alpha) / rank;
  if (scale == null) throw new InputError('adapter_config.json states no scale in lora_parameters.');
  return scale;
}
