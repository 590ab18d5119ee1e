import { throwIfCancelled } from '../base/abort.ts';
import type { Feeds, HostTensor } from '../kernels/graphRuntime.ts';
import type { BodyVariant } from './graph/inputs.ts';
import { maskName, windowsOf } from './graph/inputs.ts';
import { float32, int32, int64, type Network } from './network.ts';
import { HIDDEN } from './rows.ts';

/** Asked after each token of each row: whether its text is complete. */
export type IsDone = (row: number, tokens: readonly number[]) => boolean;

interface State {
  readonly prompts: readonly (readonly number[])[];
  readonly produced: number[][];
  readonly running: boolean[];
  /** Places of the prompts in the cache: the longest's length. */
  readonly width: number;
  cache: readonly HostTensor[];
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
  maxTokens: number,
  isDone: IsDone,
  signal: AbortSignal,
): Promise<number[][]> {
  const width = Math.max(...prompts.map((prompt) => prompt.length));
  const state: State = {
    prompts,
    produced: prompts.map(() => []),
    running: prompts.map(() => true),
    width,
    cache: emptyCache(network, prompts.length),
  };
  for (let step = 0; step < maxTokens && state.running.includes(true); step++) {
    throwIfCancelled(signal);
    const hidden = step === 0 ? await prefill(network, state) : await decode(network, state, step);
    const next = await choose(network, hidden);
    for (const [row, tokens] of state.produced.entries()) {
      if (state.running[row] !== true) continue;
      tokens.push(next[row] ?? 0);
      state.running[row] = !isDone(row, tokens);
    }
  }
  return state.produced;
}

function variantOf(network: Network): BodyVariant {
  return { tree: false, cached: true, plainAttention: network.plainAttention };
}

async function prefill(network: Network, state: State): Promise<HostTensor> {
  const { prompts, width } = state;
  const pad = (row: readonly number[]): number[] => [...row, ...new Array<number>(width - row.length).fill(0)];
  return step(network, state, width, {
    ids: int64(prompts.flatMap(pad), [prompts.length, width]),
    positions: int64(
      prompts.flatMap((row) => pad(row.map((_, i) => i))),
      [prompts.length, width],
    ),
    lastIndex: int32(prompts.map((row) => row.length - 1)),
    totalLength: int32([width], []),
    selected: int64(prompts.map((row, i) => i * width + row.length - 1)),
    ...masks(network, state, width, width),
  });
}

async function decode(network: Network, state: State, count: number): Promise<HostTensor> {
  const { prompts, produced, width } = state;
  const total = width + count;
  return step(network, state, total, {
    ids: int64(
      produced.map((tokens) => tokens[count - 1] ?? 0),
      [prompts.length, 1],
    ),
    positions: int64(
      prompts.map((row) => row.length + count - 1),
      [prompts.length, 1],
    ),
    lastIndex: int32(prompts.map((row) => row.length + count - 1)),
    totalLength: int32([total], []),
    selected: int64(prompts.map((_, i) => i)),
    ...masks(network, state, 1, total),
  });
}

async function step(network: Network, state: State, length: number, feeds: Feeds): Promise<HostTensor> {
  const past = state.cache.map((tensor, i) => [`past_${i % 2 === 0 ? 'key' : 'value'}_${i >> 1}`, tensor] as const);
  const all = { ...feeds, ...network.ropeFeeds(length), ...Object.fromEntries(past) };
  const [hidden, ...cache] = await network.body(variantOf(network), all);
  if (hidden === undefined) throw new Error('the body has no output');
  state.cache = cache.flatMap((tensor) => tensor ?? []);
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
    for (let tile = 1; tile < tiles; tile++)
      if ((values[row * tiles + tile] ?? 0) > (values[row * tiles + best] ?? 0)) best = tile;
    return best * network.tileRows + Number(indices[row * tiles + best] ?? 0);
  });
}

function emptyCache({ architecture }: Network, rows: number): HostTensor[] {
  const { keyValueHeads, headSize, layers } = architecture;
  const empty = float32(new Float32Array(0), [rows, keyValueHeads, 0, headSize]);
  return layers.flatMap(() => [empty, empty]);
}

/** Plain attention keeps padding in its cache, so a mask hides it; GroupQueryAttention closes the gap itself. */
function masks(network: Network, { prompts, width }: State, queries: number, total: number): Feeds {
  if (!network.plainAttention) return {};
  return Object.fromEntries(
    windowsOf(network.architecture).map((window) => {
      const mask = new Float32Array(prompts.length * queries * total).fill(HIDDEN);
      prompts.forEach((prompt, row) => {
        const positionOf = (place: number): number =>
          place < prompt.length ? place : place < width ? -1 : prompt.length + place - width;
        for (let query = 0; query < queries; query++) {
          const own = positionOf(total - queries + query);
          for (let place = 0; place < total; place++) {
            const distance = own - positionOf(place);
            const seen = positionOf(place) >= 0 && distance >= 0 && (window === undefined || distance < window);
            if (seen || (own < 0 && place === 0)) mask[(row * queries + query) * total + place] = 0;
          }
        }
      });
      return [maskName(window), float32(mask, [prompts.length, 1, queries, total])];
    }),
  );
}
