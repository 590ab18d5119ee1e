import type { GraphValue } from '../../kernels/onnx/graph.ts';
import type { Architecture, DecoderLayer } from '../architecture.ts';
import { EMBEDDING, layerPrefix } from '../names.ts';
import type { WeightSet } from '../weights/weight.ts';
import { groupedAttention, plainAttention } from './attention.ts';
import { GraphBuilder, type BuiltGraph } from './builder.ts';
import { feedForward } from './feedForward.ts';
import { bodyInputs, type BodyInputs, type BodyVariant } from './inputs.ts';
import { factors, linear, scaled } from './linear.ts';
import { norm } from './norm.ts';

/**
 * Tokens → hidden states of the selected ones, before the last norm: `hidden` [N, hidden] for `selected` int64 [N], which count
 * through [B · S]. With a cache also `key_<layer>` and `value_<layer>`.
 */
export function buildBody(architecture: Architecture, weights: WeightSet, variant: BodyVariant): BuiltGraph {
  const graph = new GraphBuilder();
  const inputs = bodyInputs(graph, architecture, variant);
  const cache: GraphValue[] = [];
  let x = embed(graph, architecture, weights, inputs, variant);
  architecture.layers.forEach((layer, i) => {
    const block = new Block(graph, architecture, weights, inputs, variant, i);
    x = block.attention(x, layer, cache);
    x = block.feedForward(x);
  });
  const selected = graph.input('selected', 'int64', ['N']);
  const hidden = graph.op('Gather', [x, selected], { attributes: { axis: { integer: 0 } } });
  return graph.finish('body', [{ name: hidden, type: 'float32', shape: ['N', architecture.hidden] }, ...cache]);
}

/** [B · S, hidden] */
function embed(
  graph: GraphBuilder,
  architecture: Architecture,
  weights: WeightSet,
  { ids }: BodyInputs,
  { onDevice }: BodyVariant,
): string {
  const { vocabulary, hidden, embeddingScale } = architecture;
  const flat = graph.op('Reshape', [ids, graph.integers([-1])]);
  let rows = graph.lookUp(weights.weight(EMBEDDING, [vocabulary, hidden]), flat, onDevice);
  weights.branches(EMBEDDING).forEach((branch, i) => {
    const shape = { outputs: vocabulary, inputs: hidden };
    const { left, right } = factors(graph, branch, `${EMBEDDING}.rows${i}`, shape, [0, vocabulary]);
    const inner = scaled(graph, graph.op('Gather', [left, flat]), branch);
    rows = graph.op('Gemm', [inner, right, rows]);
  });
  return embeddingScale === 1 ? rows : graph.op('Mul', [rows, graph.float(embeddingScale)]);
}

/** One decoder layer; x is [B · S, hidden] throughout. */
class Block {
  private readonly graph: GraphBuilder;
  private readonly architecture: Architecture;
  private readonly weights: WeightSet;
  private readonly inputs: BodyInputs;
  private readonly variant: BodyVariant;
  private readonly index: number;
  private readonly prefix: string;

  constructor(
    graph: GraphBuilder,
    architecture: Architecture,
    weights: WeightSet,
    inputs: BodyInputs,
    variant: BodyVariant,
    index: number,
  ) {
    this.graph = graph;
    this.architecture = architecture;
    this.weights = weights;
    this.inputs = inputs;
    this.variant = variant;
    this.index = index;
    this.prefix = layerPrefix(index);
  }

  attention(x: string, layer: DecoderLayer, cache: GraphValue[]): string {
    const { graph, architecture } = this;
    const { heads, headSize, hidden, biases, sandwichNorms } = architecture;
    const [query, key, value] = this.queryKeyValue(this.norm('input_layernorm', x));
    const past = this.past();
    const attend = this.variant.plainAttention ? plainAttention : groupedAttention;
    const result = attend(graph, architecture, {
      query: this.rotated(query, 'q_norm', heads, layer),
      key: this.rotated(key, 'k_norm', architecture.keyValueHeads, layer),
      value: this.perRow(value),
      pastKey: past[0],
      pastValue: past[1],
      mask: this.inputs.mask(layer.window),
      window: layer.window,
      lastIndex: this.inputs.lastIndex,
      totalLength: this.inputs.totalLength,
    });
    if (this.variant.cached) cache.push(this.cacheValue(result.key), this.cacheValue(result.value));
    const flat = graph.op('Reshape', [result.output, graph.integers([-1, heads * headSize])]);
    const shape = { outputs: hidden, inputs: heads * headSize };
    const output = linear(graph, this.weights, `${this.prefix}self_attn.o_proj`, flat, shape, biases.output);
    return graph.op('Add', [x, sandwichNorms ? this.norm('post_attention_layernorm', output) : output]);
  }

  feedForward(x: string): string {
    const { graph, architecture, weights, prefix } = this;
    const { sandwichNorms } = architecture;
    const normed = this.norm(sandwichNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm', x);
    const output = feedForward(graph, architecture, weights, `${prefix}mlp`, normed);
    return graph.op('Add', [x, sandwichNorms ? this.norm('post_feedforward_layernorm', output) : output]);
  }

  private queryKeyValue(x: string): [query: string, key: string, value: string] {
    const { hidden, heads, keyValueHeads, headSize, biases, fused } = this.architecture;
    const sizes = [heads, keyValueHeads, keyValueHeads].map((count) => count * headSize);
    const project = (module: string, outputs: number): string =>
      linear(
        this.graph,
        this.weights,
        `${this.prefix}self_attn.${module}`,
        x,
        { outputs, inputs: hidden },
        biases.queryKeyValue,
      );
    if (!fused) {
      const [query = '', key = '', value = ''] = ['q_proj', 'k_proj', 'v_proj'].map((name, i) =>
        project(name, sizes[i] ?? 0),
      );
      return [query, key, value];
    }
    const all = project(
      'qkv_proj',
      sizes.reduce((sum, size) => sum + size, 0),
    );
    const [query = '', key = '', value = ''] = this.graph.ops('Split', [all, this.graph.integers(sizes)], 3, {
      attributes: { axis: { integer: 1 } },
    });
    return [query, key, value];
  }

  /** [B · S, heads · size] → normed where the family does, and turned by position, [B, S, heads · size] */
  private rotated(x: string, normName: string, heads: number, layer: DecoderLayer): string {
    const { graph, architecture } = this;
    const { headSize, headNorms } = architecture;
    const normed = headNorms ? this.headNorm(normName, x, headSize) : x;
    const rope = this.inputs.ropes[layer.rope];
    const dimension = architecture.ropes[layer.rope]?.dimension ?? headSize;
    if (rope === undefined) throw new Error(`layer ${this.index} has no rotary embedding`);
    return graph.op('RotaryEmbedding', [this.perRow(normed), rope.cosines, rope.sines, this.inputs.positions], {
      attributes: {
        num_heads: { integer: heads },
        ...(dimension === headSize ? {} : { rotary_embedding_dim: { integer: dimension } }),
      },
    });
  }

  private headNorm(name: string, x: string, size: number): string {
    const { graph } = this;
    const heads = graph.op('Reshape', [x, graph.integers([-1, size])]);
    const normed = norm(graph, this.weights, this.architecture, `${this.prefix}self_attn.${name}.weight`, heads, size);
    return graph.op('Reshape', [normed, graph.op('Shape', [x])]);
  }

  private norm(name: string, x: string): string {
    return norm(
      this.graph,
      this.weights,
      this.architecture,
      `${this.prefix}${name}.weight`,
      x,
      this.architecture.hidden,
    );
  }

  /** [B · S, n] → [B, S, n] */
  private perRow(x: string): string {
    const { graph } = this;
    const shape = graph.op('Concat', [this.inputs.batchAndLength, graph.integers([-1])], {
      attributes: { axis: { integer: 0 } },
    });
    return graph.op('Reshape', [x, shape]);
  }

  private past(): [key: string, value: string] {
    if (!this.variant.cached) return ['', ''];
    const { keyValueHeads, headSize } = this.architecture;
    const input = (part: string): string =>
      this.graph.input(`past_${part}_${this.index}`, 'float32', ['B', keyValueHeads, 'past', headSize]);
    return [input('key'), input('value')];
  }

  private cacheValue(name: string): GraphValue {
    const { keyValueHeads, headSize } = this.architecture;
    return { name, type: 'float32', shape: ['B', keyValueHeads, 'T', headSize] };
  }
}
