import type { Architecture } from '../architecture.ts';
import { FINAL_NORM } from '../names.ts';
import type { WeightSet } from '../weights/weight.ts';
import { GraphBuilder, type BuiltGraph } from './builder.ts';
import { addBranches } from './linear.ts';
import { capped, norm } from './norm.ts';

/**
 * What becomes of hidden states [N, hidden]:
 * - `logits` [N, vocabulary];
 * - `score`: for pairs of a row and a token (int64 [M] each) the log-probability `logp` and `margin`, how far below the largest
 *   logit the token's is, float32 [M];
 * - `choose`: for each tile of the vocabulary its largest logit and where it is, [N, tiles].
 */
export type HeadTask = 'logits' | 'score' | 'choose';

interface Tile {
  readonly from: number;
  readonly to: number;
  /** [N, to − from] */
  readonly logits: string;
}

/** Rows of the vocabulary that are computed at once. */
export const TILE_ROWS = 16_384;

const LAST = { axis: { integer: -1 } };
const FIRST = { axis: { integer: 0 } };

/** Final norm and head, the vocabulary in tiles of `tileRows`, so that neither weights nor logits are ever whole. */
export function buildHead(
  architecture: Architecture,
  weights: WeightSet,
  task: HeadTask,
  tileRows: number,
): BuiltGraph {
  const graph = new GraphBuilder();
  const { hidden, vocabulary } = architecture;
  const states = graph.input('hidden', 'float32', ['N', hidden]);
  const x = norm(graph, weights, architecture, FINAL_NORM, states, hidden);
  const tiles: Tile[] = [];
  for (let from = 0; from < vocabulary; from += tileRows) {
    const to = Math.min(vocabulary, from + tileRows);
    tiles.push({ from, to, logits: tileLogits(graph, architecture, weights, x, [from, to]) });
  }
  if (task === 'logits') {
    const logits = tiles.map((tile) => tile.logits);
    return graph.finish('head', [{ name: concat(graph, logits), type: 'float32', shape: ['N', vocabulary] }]);
  }
  return task === 'score' ? score(graph, tiles) : choose(graph, tiles);
}

function tileLogits(
  graph: GraphBuilder,
  { hidden, vocabulary, logitCap }: Architecture,
  weights: WeightSet,
  x: string,
  rows: readonly [from: number, to: number],
): string {
  const shape = { outputs: vocabulary, inputs: hidden };
  const stored = weights.head([vocabulary, hidden]);
  const weight = graph.weight(stored, rows);
  const product = graph.op('Gemm', [x, weight], { attributes: { transB: { integer: 1 } } });
  return capped(graph, addBranches(graph, weights.headBranches, stored.name, x, product, shape, rows), logitCap);
}

/** log softmax at the targets: each tile sums about its own maximum, so that its logits are not needed any longer. */
function score(graph: GraphBuilder, tiles: readonly Tile[]): BuiltGraph {
  const rows = graph.input('rows', 'int64', ['M']);
  const targets = graph.input('targets', 'int64', ['M']);
  const axis = graph.integers([-1]);
  const keep = { attributes: { keepdims: { integer: 1 } } };
  const maxima = tiles.map(({ logits }) => graph.op('ReduceMax', [logits, axis], keep));
  const largest = maxima.length === 1 ? (maxima[0] ?? '') : graph.op('Max', maxima);
  const sums = tiles.map(({ logits }, i) => {
    const maximum = maxima[i] ?? '';
    const sum = graph.op('ReduceSum', [graph.op('Exp', [graph.op('Sub', [logits, maximum])]), axis], keep);
    return graph.op('Mul', [sum, graph.op('Exp', [graph.op('Sub', [maximum, largest])])]);
  });
  const total = sums.length === 1 ? (sums[0] ?? '') : graph.op('Sum', sums);
  const perRow = (value: string): string =>
    graph.op('Gather', [graph.op('Squeeze', [value, axis]), rows], { attributes: FIRST });
  const below = graph.op('Sub', [targetLogits(graph, tiles, rows, targets), perRow(largest)]);
  const logp = graph.op('Sub', [below, perRow(graph.op('Log', [total]))]);
  return graph.finish('head', [
    { name: logp, type: 'float32', shape: ['M'] },
    { name: graph.op('Neg', [below]), type: 'float32', shape: ['M'] },
  ]);
}

/** Each target lies in one tile; the others give 0. */
function targetLogits(graph: GraphBuilder, tiles: readonly Tile[], rows: string, targets: string): string {
  const pair = (column: string): string => {
    const axis = graph.integers([1]);
    return concat(graph, [graph.op('Unsqueeze', [rows, axis]), graph.op('Unsqueeze', [column, axis])]);
  };
  if (tiles.length === 1) return graph.op('GatherND', [tiles[0]?.logits ?? '', pair(targets)]);
  const parts = tiles.map(({ from, to, logits }) => {
    const column = graph.op('Sub', [targets, graph.integers([from], [])]);
    const [lowest, highest] = [graph.integers([0], []), graph.integers([to - from - 1], [])];
    const inside = graph.op('Clip', [column, lowest, highest]);
    const value = graph.op('GatherND', [logits, pair(inside)]);
    return graph.op('Where', [graph.op('Equal', [column, inside]), value, graph.float(0)]);
  });
  return graph.op('Sum', parts);
}

function choose(graph: GraphBuilder, tiles: readonly Tile[]): BuiltGraph {
  const axis = graph.integers([-1]);
  const maxima = tiles.map(({ logits }) =>
    graph.op('ReduceMax', [logits, axis], { attributes: { keepdims: { integer: 1 } } }),
  );
  const places = tiles.map(({ logits }) =>
    graph.op('ArgMax', [logits], { attributes: { ...LAST, keepdims: { integer: 1 } } }),
  );
  return graph.finish('head', [
    { name: concat(graph, maxima), type: 'float32', shape: ['N', tiles.length] },
    { name: concat(graph, places), type: 'int64', shape: ['N', tiles.length] },
  ]);
}

function concat(graph: GraphBuilder, values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : graph.op('Concat', values, { attributes: LAST });
}
