import { throwIfCancelled } from '../base/abort.ts';
import type { Feeds, HostTensor } from '../kernels/graphRuntime.ts';
import { assertFinite, assertTokens } from './checks.ts';
import { maskName, windowsOf } from './graph/inputs.ts';
import type { Network } from './network.ts';
import { turnAlike } from './ropeTables.ts';
import { HIDDEN } from './rows.ts';
import { float32, int32, int64 } from './tensors.ts';

/** Asked after each token of each row: whether its text is complete. */
export type IsDone = (row: number, tokens: readonly number[]) => boolean;

export interface Decoding {
  /** New tokens, at the most. */
  readonly maxTokens: number;
  /** Logits of tokens that occurred are divided by it where positive, else multiplied; 1: they stay. */
  readonly repetitionPenalty?: number;
}

/** Keys and values of all tokens but the last of each row. */
interface Cache {
  /** Tokens of each row when it was begun. */
  readonly begun: readonly number[];
  /** Places that these take: the longest's length. */
  readonly width: number;
  /** Steps since. */
  steps: number;
  tensors: readonly HostTensor[];
}

/**
 * Greedy decoding of prompts that are not empty, all at once, with keys and values cached. Ragged prompts are padded on the
 * right. A row that is done is carried along until all are.
 *
 * @returns the tokens of each row, with the one that ended it
 */
export async function generate(
  network: Network,
  prompts: readonly (readonly number[])[],
  { maxTokens, repetitionPenalty = 1 }: Decoding,
  isDone: IsDone,
  signal: AbortSignal,
): Promise<number[][]> {
  for (const prompt of prompts) assertTokens(network.architecture, prompt);
  const rows = prompts.map((prompt) => [...prompt]);
  const produced: number[][] = prompts.map(() => []);
  const running = prompts.map(() => true);
  let cache = beginCache(network, rows);
  for (let step = 0; step < maxTokens && running.includes(true); step++) {
    throwIfCancelled(signal);
    if (!stillFits(network, cache, rows)) cache = beginCache(network, rows);
    const hidden = cache.steps === 0 ? await prefill(network, rows, cache) : await decode(network, rows, cache);
    cache.steps++;
    const next =
      repetitionPenalty === 1
        ? await choose(network, hidden)
        : await choosePenalised(network, hidden, rows, repetitionPenalty);
    for (const [row, tokens] of produced.entries()) {
      const token = next[row] ?? 0;
      rows[row]?.push(token);
      if (running[row] !== true) continue;
      tokens.push(token);
      running[row] = !isDone(row, tokens);
    }
  }
  return produced;
}

function beginCache({ architecture }: Network, rows: readonly (readonly number[])[]): Cache {
  const { keyValueHeads, headSize, layers } = architecture;
  const empty = float32(new Float32Array(0), [rows.length, keyValueHeads, 0, headSize]);
  const begun = rows.map(({ length }) => length);
  return { begun, width: Math.max(...begun), steps: 0, tensors: layers.flatMap(() => [empty, empty]) };
}

/** Where a row has grown so long that it is turned by other angles, its keys must be computed anew, as Phi-3 does. */
function stillFits({ architecture }: Network, { begun }: Cache, rows: readonly (readonly number[])[]): boolean {
  return rows.every(({ length }, row) => turnAlike(architecture, begun[row] ?? 0, length));
}

async function prefill(network: Network, rows: readonly (readonly number[])[], cache: Cache): Promise<HostTensor> {
  const { width } = cache;
  const { tables, offsets } = network.ropes.feeds(rows.map(({ length }) => length));
  const pad = (row: readonly number[]): number[] => [...row, ...new Array<number>(width - row.length).fill(0)];
  return run(network, cache, {
    ids: int64(rows.flatMap(pad), [rows.length, width]),
    positions: int64(
      rows.flatMap((row, k) => pad(row.map((_, i) => i + (offsets[k] ?? 0)))),
      [rows.length, width],
    ),
    lastIndex: int32(rows.map((row) => row.length - 1)),
    totalLength: int32([width], []),
    selected: int64(rows.map((row, i) => i * width + row.length - 1)),
    ...masks(network, cache, width, width),
    ...tables,
  });
}

async function decode(network: Network, rows: readonly (readonly number[])[], cache: Cache): Promise<HostTensor> {
  const total = cache.width + cache.steps;
  const { tables, offsets } = network.ropes.feeds(rows.map(({ length }) => length));
  return run(network, cache, {
    ids: int64(
      rows.map((row) => row.at(-1) ?? 0),
      [rows.length, 1],
    ),
    positions: int64(
      rows.map((row, k) => row.length - 1 + (offsets[k] ?? 0)),
      [rows.length, 1],
    ),
    lastIndex: int32(rows.map((row) => row.length - 1)),
    totalLength: int32([total], []),
    selected: int64(rows.map((_, i) => i)),
    ...masks(network, cache, 1, total),
    ...tables,
  });
}

async function run(network: Network, cache: Cache, feeds: Feeds): Promise<HostTensor> {
  const past = cache.tensors.map((tensor, i) => [`past_${i % 2 === 0 ? 'key' : 'value'}_${i >> 1}`, tensor] as const);
  const [hidden, ...tensors] = await network.body(
    { tree: false, cached: true },
    { ...feeds, ...Object.fromEntries(past) },
  );
  if (hidden === undefined) throw new Error('the body has no output');
  cache.tensors = tensors.flatMap((tensor) => tensor ?? []);
  return hidden;
}

/** The first of the largest logits, as argmax has it. */
async function choose(network: Network, hidden: HostTensor): Promise<number[]> {
  const [maxima, places] = await network.head('choose', { hidden });
  const tiles = maxima?.shape[1] ?? 1;
  const values = maxima?.data as Float32Array;
  const indices = places?.data as BigInt64Array;
  return Array.from({ length: values.length / tiles }, (_, row) => {
    let best = 0;
    for (let tile = 0; tile < tiles; tile++)
      if (assertFinite(values[row * tiles + tile]) > (values[row * tiles + best] ?? 0)) best = tile;
    return best * network.tileRows + Number(indices[row * tiles + best] ?? 0);
  });
}

/** transformers' RepetitionPenaltyLogitsProcessor, then argmax. */
async function choosePenalised(
  network: Network,
  hidden: HostTensor,
  rows: readonly (readonly number[])[],
  penalty: number,
): Promise<number[]> {
  const [logits] = await network.head('logits', { hidden });
  const { vocabulary } = network.architecture;
  return rows.map((tokens, row) => {
    const own = (logits?.data as Float32Array).slice(row * vocabulary, (row + 1) * vocabulary);
    penalise(own, tokens, penalty);
    return own.reduce((best, logit, token) => (assertFinite(logit) > (own[best] ?? 0) ? token : best), 0);
  });
}

/** What occurred becomes less likely, whatever the sign of its logit (CTRL, arXiv 1909.05858, section 4.1). */
export function penalise(logits: Float32Array, tokens: readonly number[], penalty: number): void {
  for (const token of new Set(tokens)) {
    const logit = logits[token] ?? 0;
    logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** Plain attention keeps padding in its cache, so a mask hides it; GroupQueryAttention closes the gap itself. */
function masks(network: Network, { begun, width }: Cache, queries: number, total: number): Feeds {
  if (!network.plainAttention) return {};
  return Object.fromEntries(
    windowsOf(network.architecture).map((window) => {
      const mask = new Float32Array(begun.length * queries * total).fill(HIDDEN);
      begun.forEach((own, row) => {
        const positionOf = (place: number): number => (place < own ? place : place < width ? -1 : own + place - width);
        for (let query = 0; query < queries; query++) {
          const position = positionOf(total - queries + query);
          for (let place = 0; place < total; place++) {
            const distance = position - positionOf(place);
            const seen = positionOf(place) >= 0 && distance >= 0 && (window === undefined || distance < window);
            if (seen || (position < 0 && place === 0)) mask[(row * queries + query) * total + place] = 0;
          }
        }
      });
      return [maskName(window), float32(mask, [begun.length, 1, queries, total])];
    }),
  );
}
