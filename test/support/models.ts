import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Checkpoint } from '../../src/checkpoint/checkpoint.ts';
import { readConfig } from '../../src/checkpoint/config.ts';
import type { GraphRuntime } from '../../src/kernels/graphRuntime.ts';
import { ortGraphs } from '../../src/kernels/runtime/ortGraphs.ts';
import type { Architecture } from '../../src/model/architecture.ts';
import { LoadedModel } from '../../src/model/loadedModel.ts';
import type { Network, TileSizes } from '../../src/model/network.ts';
import { readArchitecture } from '../../src/model/readArchitecture.ts';
import type { TokenTree } from '../../src/model/rows.ts';
import type { MemoryMode, Workload } from '../../src/model/weights/memory.ts';
import type { Overlay } from '../../src/model/weights/overlay.ts';
import { readFloats } from '../../src/patch/tensorReader.ts';
import { TensorFile } from '../../src/safetensors/file.ts';
import { writeTensors } from './fixtures.ts';
import { ROOT, temporaryFolder } from './paths.ts';

/** Tiny models of every family with transformers' logits (make_models.py). */
export const MODEL_CASES = join(ROOT, 'test/golden/model');

interface Index {
  readonly cases: Readonly<Record<string, { readonly configs: readonly string[] }>>;
  readonly patches: Readonly<
    Record<
      string,
      { readonly case: string; readonly adapters: readonly string[]; readonly expected: readonly string[] }
    >
  >;
}

export const { cases: CASES, patches: PATCHES } = JSON.parse(
  readFileSync(join(MODEL_CASES, 'index.json'), 'utf8'),
) as Index;

export interface LogLikelihood {
  readonly logProbability: number;
  readonly greedy: boolean;
}

export interface Continuation {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

export interface ExpectedAnswers {
  readonly generation: { readonly prompt: number[]; readonly tokens: number[] };
  readonly penalised: { readonly penalty: number; readonly prompt: number[]; readonly tokens: number[] };
  readonly loglikelihood: readonly (Continuation & LogLikelihood)[];
}

export interface CaseOptions {
  readonly memory?: MemoryMode;
  readonly runtime?: GraphRuntime;
  readonly overlay?: Overlay;
  readonly sizes?: TileSizes;
}

export interface OpenCase extends AsyncDisposable {
  readonly network: Network;
  readonly rows: readonly TokenTree[];
  readonly expected: ExpectedAnswers & { readonly logits: Float32Array };
}

/** Of a case by its name, or a copy by its path. */
export function caseFolder(name: string): string {
  return resolve(MODEL_CASES, 'cases', name);
}

export const CPU = ortGraphs('cpu');

/** The CPU in the place of another device: plain attention, and weights that are handed over when the network is loaded. */
export const OTHER_DEVICE: GraphRuntime = { device: 'other', load: (model, options) => CPU.load(model, options) };

export const WORKLOAD: Workload = { tokens: 64, longest: 64, states: 64, masked: false, cached: 0, replaced: 0 };

export async function openModel(folder: string, { memory, runtime = CPU }: CaseOptions = {}): Promise<LoadedModel> {
  const model = await LoadedModel.find(folder, runtime);
  try {
    await model.load(WORKLOAD, memory, { sink: () => undefined, signal: new AbortController().signal });
    return model;
  } catch (error) {
    await model[Symbol.asyncDispose]();
    throw error;
  }
}

export async function openCase(name: string, options: CaseOptions): Promise<OpenCase> {
  const model = await openModel(caseFolder(name), options);
  const network = model.network(options.overlay, options.sizes);
  const { rows, logits } = await readExpected(join(caseFolder(name), 'expected.safetensors'));
  const answers = JSON.parse(await readFile(join(caseFolder(name), 'expected.json'), 'utf8')) as ExpectedAnswers;
  return {
    network,
    rows,
    expected: { ...answers, logits },
    async [Symbol.asyncDispose]() {
      await network[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** Continuations, each in a row of its own, all of them in one batch. */
export async function logLikelihoods(network: Network, items: readonly Continuation[]): Promise<LogLikelihood[]> {
  const rows = items.map(({ context, continuation }) => ({
    prefix: [...context, ...continuation].slice(0, -1),
    branches: [],
  }));
  const targets = items.flatMap(({ context, continuation }, row) =>
    continuation.map((token, i) => ({ row, place: context.length - 1 + i, token })),
  );
  const { logProbabilities, margins } = await network.score(rows, targets);
  return items.map((_, row) => {
    const own = [...targets.keys()].filter((i) => targets[i]?.row === row);
    return {
      logProbability: own.reduce((sum, i) => sum + (logProbabilities[i] ?? NaN), 0),
      greedy: own.every((i) => margins[i] === 0),
    };
  });
}

/** `input_ids` int64 [B, S] as rows, and a tensor of float32 logits. */
export async function readExpected(
  path: string,
  name = 'logits',
): Promise<{ rows: TokenTree[]; logits: Float32Array }> {
  await using file = await TensorFile.open(path);
  const logits = new Float32Array((await file.readTensor(name)).buffer);
  if (!file.header.tensors.has('input_ids')) return { rows: [], logits };
  const [, length = 1] = file.entry('input_ids').shape;
  const ids = [...new BigInt64Array((await file.readTensor('input_ids')).buffer)].map(Number);
  const rows = Array.from({ length: ids.length / length }, (_, row) => ({
    prefix: ids.slice(row * length, (row + 1) * length),
    branches: [],
  }));
  return { rows, logits };
}

/** Infinite where the lengths differ or a value is no number. */
export function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** What a config.json alone says. */
export async function architectureOf(config: object): Promise<Architecture> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'config.json'), JSON.stringify(config));
  return await readArchitecture({ folder: folder.path, config: await readConfig(folder.path), tensors: new Map() });
}

/** A copy of a case with some fields of its config.json changed; undefined takes one out. */
export async function changedCase(name: string, folder: string, change: object): Promise<void> {
  await cp(caseFolder(name), folder, { recursive: true });
  const path = join(folder, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, ...change }));
}

export interface FloatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All tensors of a checkpoint, widened. */
export async function tensorsOf(folder: string): Promise<FloatTensor[]> {
  await using checkpoint = await Checkpoint.open(folder);
  const tensors: FloatTensor[] = [];
  for (const [name, { entry, shard }] of checkpoint.tensors)
    tensors.push({ name, shape: entry.shape, values: await readFloats(shard.file, name) });
  return tensors;
}

/** A case's config.json beside float32 tensors. */
export async function writeModel(folder: string, name: string, tensors: readonly FloatTensor[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(caseFolder(name), 'config.json'), join(folder, 'config.json'));
  await writeTensors(join(folder, 'model.safetensors'), tensors);
}
