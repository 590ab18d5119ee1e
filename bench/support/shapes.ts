/** Real models' shapes; the weights that the benchmarks give them are random. */
export interface Shape {
  readonly like: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly layers: number;
  readonly hidden: number;
  readonly inner: number;
  readonly keys: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  readonly shards: number;
}

const LLAMA = { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', rms_norm_eps: 1e-5 };

const SHAPES: Readonly<Record<string, Shape>> = {
  '135M': {
    like: 'SmolLM-135M',
    config: { ...LLAMA, num_attention_heads: 9, num_key_value_heads: 3, max_position_embeddings: 2048 },
    ...{ layers: 30, hidden: 576, inner: 1536, keys: 192, vocabulary: 49_152, tied: true, shards: 1 },
  },
  '1.2B': {
    like: 'Llama-3.2-1B',
    config: {
      ...LLAMA,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 64,
      max_position_embeddings: 131_072,
    },
    ...{ layers: 16, hidden: 2048, inner: 8192, keys: 512, vocabulary: 128_256, tied: true, shards: 1 },
  },
  '7B': {
    like: 'Mistral-7B-v0.1',
    config: {
      ...{ ...LLAMA, architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: 4096 },
      ...{ num_attention_heads: 32, num_key_value_heads: 8, max_position_embeddings: 32_768 },
    },
    ...{ layers: 32, hidden: 4096, inner: 14_336, keys: 1024, vocabulary: 32_000, tied: false, shards: 3 },
  },
};

export function configOf({ config, layers, hidden, inner, vocabulary, tied }: Shape): string {
  const sizes = { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, vocab_size: vocabulary };
  const rest = { tie_word_embeddings: tied, torch_dtype: 'bfloat16', bos_token_id: 1, eos_token_id: 2 };
  return JSON.stringify({ ...config, ...sizes, ...rest }, null, 2);
}

export interface Linear {
  readonly module: string;
  readonly rows: number;
  readonly columns: number;
}

/** The seven linears of each layer. */
export function linearsOf({ layers, hidden, inner, keys }: Shape): Linear[] {
  const sizes = [
    ['self_attn.q_proj', hidden, hidden],
    ['self_attn.k_proj', keys, hidden],
    ['self_attn.v_proj', keys, hidden],
    ['self_attn.o_proj', hidden, hidden],
    ['mlp.gate_proj', inner, hidden],
    ['mlp.up_proj', inner, hidden],
    ['mlp.down_proj', hidden, inner],
  ] as const;
  return Array.from({ length: layers }, (_, layer) =>
    sizes.map(([name, rows, columns]) => ({ module: `model.layers.${layer}.${name}`, rows, columns })),
  ).flat();
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** All tensors, in the model's order. */
export function tensorsOf(shape: Shape): NamedTensor[] {
  const { layers, hidden, vocabulary, tied } = shape;
  const linears = linearsOf(shape).map(({ module, rows, columns }) => ({
    name: `${module}.weight`,
    shape: [rows, columns],
  }));
  const perLayer = linears.length / layers;
  const all: NamedTensor[] = [{ name: 'model.embed_tokens.weight', shape: [vocabulary, hidden] }];
  for (let layer = 0; layer < layers; layer++) {
    all.push(...linears.slice(layer * perLayer, (layer + 1) * perLayer));
    for (const norm of ['input_layernorm', 'post_attention_layernorm'])
      all.push({ name: `model.layers.${layer}.${norm}.weight`, shape: [hidden] });
  }
  all.push({ name: 'model.norm.weight', shape: [hidden] });
  if (!tied) all.push({ name: 'lm_head.weight', shape: [vocabulary, hidden] });
  return all;
}

/** @throws if there is none */
export function shapeNamed(name: string): Shape {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`${name}: one of ${Object.keys(SHAPES).join(', ')}`);
  return shape;
}
