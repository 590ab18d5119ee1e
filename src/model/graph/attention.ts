import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from './builder.ts';
import { capped } from './norm.ts';

/** [B, S, heads · size]; keys and values of earlier tokens [B, keyValueHeads, P, size], or '' without a cache. */
export interface AttentionInputs {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly pastKey: string;
  readonly pastValue: string;
  readonly mask: string | undefined;
  readonly window: number | undefined;
  readonly lastIndex: string;
  readonly totalLength: string;
}

/** `output` [B, S, heads · size]; keys and values of all tokens [B, keyValueHeads, T, size]. */
export interface AttentionOutputs {
  readonly output: string;
  readonly key: string;
  readonly value: string;
}

/**
 * ONNX Runtime's GroupQueryAttention. Rotation is done before it: its own is wrong for positions that do not follow from the
 * order, and it wants head sizes of multiples of 16 (measured with 1.30).
 */
export function groupedAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  inputs: AttentionInputs,
): AttentionOutputs {
  const { query, key, value, pastKey, pastValue, lastIndex, totalLength, mask, window } = inputs;
  const { heads, keyValueHeads, attentionScale, attentionCap } = architecture;
  const [output = '', ...present] = graph.ops(
    'GroupQueryAttention',
    [query, key, value, pastKey, pastValue, lastIndex, totalLength, '', '', '', mask ?? ''],
    3,
    {
      domain: 'com.microsoft',
      attributes: {
        num_heads: { integer: heads },
        kv_num_heads: { integer: keyValueHeads },
        scale: { float: attentionScale },
        ...(attentionCap === undefined ? {} : { softcap: { float: attentionCap } }),
        // With a mask the window is in the mask, because it counts positions and not places.
        ...(window === undefined || mask !== undefined ? {} : { local_window_size: { integer: window } }),
      },
    },
  );
  return { output, key: present[0] ?? '', value: present[1] ?? '' };
}

/** The same from plain operators; the mask must be there. */
export function plainAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  inputs: AttentionInputs,
): AttentionOutputs {
  const { heads, keyValueHeads, headSize, attentionScale, attentionCap } = architecture;
  const group = heads / keyValueHeads;
  const split = (x: string, shape: readonly number[], order: readonly number[]): string =>
    transposed(graph, graph.op('Reshape', [x, graph.integers([0, 0, ...shape])]), order);
  const query = split(inputs.query, [keyValueHeads, group, headSize], [0, 2, 3, 1, 4]);
  const key = joined(graph, inputs.pastKey, split(inputs.key, [keyValueHeads, headSize], [0, 2, 1, 3]));
  const value = joined(graph, inputs.pastValue, split(inputs.value, [keyValueHeads, headSize], [0, 2, 1, 3]));
  const groupAxis = graph.integers([2]);
  const keyTransposed = graph.op('Unsqueeze', [transposed(graph, key, [0, 1, 3, 2]), groupAxis]);
  const product = graph.op('MatMul', [query, keyTransposed]);
  const scores = capped(graph, graph.op('Mul', [product, graph.float(attentionScale)]), attentionCap);
  const mask = graph.op('Unsqueeze', [inputs.mask ?? '', groupAxis]);
  const weights = graph.op('Softmax', [graph.op('Add', [scores, mask])], { attributes: { axis: { integer: -1 } } });
  const mixed = graph.op('MatMul', [weights, graph.op('Unsqueeze', [value, groupAxis])]);
  const output = graph.op('Reshape', [
    transposed(graph, mixed, [0, 3, 1, 2, 4]),
    graph.integers([0, 0, heads * headSize]),
  ]);
  return { output, key, value };
}

function transposed(graph: GraphBuilder, x: string, order: readonly number[]): string {
  return graph.op('Transpose', [x], { attributes: { perm: { integers: order } } });
}

function joined(graph: GraphBuilder, past: string, now: string): string {
  return past === '' ? now : graph.op('Concat', [past, now], { attributes: { axis: { integer: 2 } } });
}
