import { encodeModel } from '../kernels/onnx/encode.ts';
import type { Feeds, GraphRuntime, GraphSession, HostTensor } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { assertFinite, assertTokens } from './checks.ts';
import { buildBody } from './graph/body.ts';
import type { BuiltGraph } from './graph/builder.ts';
import { buildHead, TILE_ROWS, type HeadTask } from './graph/head.ts';
import { needsMask, type BodyVariant } from './graph/inputs.ts';
import { scaleInput } from './graph/linear.ts';
import { RopeTables } from './ropeTables.ts';
import { rowFeeds } from './rowFeeds.ts';
import { lengthOf, type TokenTree } from './rows.ts';
import { float32, int64 } from './tensors.ts';
import { LOGITS_AT_ONCE, type MemoryMode } from './weights/memory.ts';
import type { WeightSet } from './weights/weight.ts';

/** One hidden state whose token's successor is asked for. */
export interface Target {
  readonly row: number;
  /** The token's place in its row. */
  readonly place: number;
  /** Whose log-probability is asked for. */
  readonly token: number;
}

export interface TargetScores {
  /** Natural logarithms. */
  readonly logProbabilities: Float32Array;
  /** How far below the largest logit; 0: greedy decoding would take it. */
  readonly margins: Float32Array;
}

export interface TileSizes {
  /** Rows of the vocabulary that the head computes at once. */
  readonly tileRows?: number;
  /** Elements that the logits of the states that meet the vocabulary at once may have. */
  readonly logitsAtOnce?: number;
}

export interface NetworkParts extends TileSizes {
  readonly architecture: Architecture;
  readonly weights: WeightSet;
  readonly runtime: GraphRuntime;
  readonly memory: MemoryMode;
  /** λ of each patch. */
  readonly scales: readonly number[];
  /** Tensors hold patches at these scales already, so that no others can be set. */
  readonly fixed?: boolean;
}

interface Loaded {
  readonly session: GraphSession;
  readonly outputs: readonly string[];
  readonly inputs: ReadonlySet<string>;
}

/**
 * A model that runs: graphs are built and loaded when they are first needed. The body gives hidden states, the head logits;
 * apart, so that only the asked states meet the vocabulary.
 */
export class Network implements AsyncDisposable {
  readonly architecture: Architecture;
  /** Cosines and sines for its positions. */
  readonly ropes: RopeTables;
  readonly tileRows: number;
  private readonly parts: NetworkParts;
  private readonly sessions = new Map<string, Promise<Loaded>>();
  private scales: readonly number[];

  constructor(parts: NetworkParts) {
    this.parts = parts;
    this.architecture = parts.architecture;
    this.ropes = new RopeTables(parts.architecture);
    this.tileRows = parts.tileRows ?? TILE_ROWS;
    this.scales = parts.scales;
  }

  /** Whether its patches are branches, all of them. */
  get takesScales(): boolean {
    return this.parts.fixed !== true;
  }

  /** λ of each patch from now on; the weights stay. */
  setScales(scales: readonly number[]): void {
    if (!this.takesScales || scales.length !== this.scales.length)
      throw new Error('the scales of this network cannot be set');
    this.scales = scales;
  }

  /** Logits of all places, float32 [rows · longest, vocabulary]. */
  async logits(rows: readonly TokenTree[]): Promise<Float32Array> {
    const longest = Math.max(...rows.map(lengthOf));
    const all = Array.from({ length: rows.length * longest }, (_, i) => i);
    const hidden = await this.hidden(rows, all);
    const [logits] = await this.head('logits', { hidden });
    return logits?.data as Float32Array;
  }

  /** Log-probabilities of the targets, in their order. @throws InputError if a token or a result is none */
  async score(rows: readonly TokenTree[], targets: readonly Target[]): Promise<TargetScores> {
    assertTokens(
      this.architecture,
      targets.map(({ token }) => token),
    );
    const longest = Math.max(...rows.map(lengthOf));
    const indices = targets.map(({ row, place }) => row * longest + place);
    const states = [...new Set(indices)];
    const stateOf = new Map(states.map((index, state) => [index, state]));
    const { data } = await this.hidden(rows, states);
    const scores = { logProbabilities: new Float32Array(targets.length), margins: new Float32Array(targets.length) };
    const asked = targets.map(({ token }, i) => ({ i, token, state: stateOf.get(indices[i] ?? 0) ?? 0 }));
    for (let from = 0; from < states.length; from += this.statesAtOnce) {
      const to = Math.min(states.length, from + this.statesAtOnce);
      const own = asked.filter(({ state }) => state >= from && state < to);
      await this.scoreStates(data as Float32Array, from, to, own, scores);
    }
    return scores;
  }

  private async scoreStates(
    hidden: Float32Array,
    from: number,
    to: number,
    asked: readonly { readonly i: number; readonly token: number; readonly state: number }[],
    scores: TargetScores,
  ): Promise<void> {
    const size = this.architecture.hidden;
    const [logp, margin] = await this.head('score', {
      hidden: float32(hidden.subarray(from * size, to * size), [to - from, size]),
      rows: int64(asked.map(({ state }) => state - from)),
      targets: int64(asked.map(({ token }) => token)),
    });
    asked.forEach(({ i }, k) => {
      scores.logProbabilities[i] = assertFinite(logp?.data[k] as number);
      scores.margins[i] = assertFinite(margin?.data[k] as number);
    });
  }

  /** Hidden states that meet the vocabulary at once, so that their logits stay within some hundred megabytes. */
  private get statesAtOnce(): number {
    return Math.max(1, Math.floor((this.parts.logitsAtOnce ?? LOGITS_AT_ONCE) / this.architecture.vocabulary));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const loaded = await Promise.allSettled(this.sessions.values());
    this.sessions.clear();
    for (const result of loaded) if (result.status === 'fulfilled') await result.value.session[Symbol.asyncDispose]();
  }

  /** Hidden states [selected, hidden] of right-padded rows. */
  private async hidden(rows: readonly TokenTree[], selected: readonly number[]): Promise<HostTensor> {
    const tree = rows.some(({ branches }) => branches.length > 0);
    const masked = tree || this.plainAttention;
    const feeds = rowFeeds(this.architecture, rows, masked, this.ropes);
    const [hidden] = await this.body({ tree, cached: false }, { ...feeds, selected: int64(selected) });
    if (hidden === undefined) throw new Error('the body has no output');
    return hidden;
  }

  /**
   * GroupQueryAttention only where it was seen to be right: on the CPU, which wants heads of multiples of 8. WebGPU's ignores
   * softcap and is wrong for long prompts (measured with 1.30).
   */
  get plainAttention(): boolean {
    return this.parts.runtime.device !== 'cpu' || this.architecture.headSize % 8 !== 0;
  }

  private get onDevice(): boolean {
    return this.parts.memory === 'device';
  }

  /** Runs the body; extra feeds are left out. */
  async body(kind: Pick<BodyVariant, 'tree' | 'cached'>, feeds: Feeds): Promise<(HostTensor | undefined)[]> {
    const variant = { ...kind, plainAttention: this.plainAttention, onDevice: this.onDevice };
    // What a tree is shows in the mask alone.
    const key = `body${needsMask(variant) ? ' masked' : ''}${variant.cached ? ' cached' : ''}`;
    return this.run(key, () => buildBody(this.architecture, this.parts.weights, variant), feeds);
  }

  async head(task: HeadTask, feeds: Feeds): Promise<(HostTensor | undefined)[]> {
    return this.run(`head ${task}`, () => buildHead(this.architecture, this.parts.weights, task, this.tileRows), feeds);
  }

  private async run(key: string, build: () => BuiltGraph, feeds: Feeds): Promise<(HostTensor | undefined)[]> {
    let loading = this.sessions.get(key);
    if (loading === undefined) {
      loading = this.load(build());
      this.sessions.set(key, loading);
    }
    const { session, inputs, outputs } = await loading;
    const scales = this.scales.map((scale, i) => [scaleInput(i), float32(new Float32Array([scale]), [])] as const);
    const given = Object.entries({ ...feeds, ...Object.fromEntries(scales) }).filter(([name]) => inputs.has(name));
    const results = await session.run(Object.fromEntries(given));
    return outputs.map((name) => results[name]);
  }

  private async load({ graph, constants, root }: BuiltGraph): Promise<Loaded> {
    const options = { foldConstants: this.onDevice, constants, root };
    const session = await this.parts.runtime.load(encodeModel(graph), options);
    const inputs = new Set(graph.inputs.map(({ name }) => name).filter((name) => !(name in constants)));
    return { session, inputs, outputs: graph.outputs.map(({ name }) => name) };
  }
}
