import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ortGraphs } from '../../src/kernels/runtime/ortGraphs.ts';
import { LoadedModel } from '../../src/model/loadedModel.ts';
import type { Network } from '../../src/model/network.ts';
import type { TokenTree } from '../../src/model/rows.ts';
import type { MemoryMode } from '../../src/model/weights/memory.ts';
import type { Overlay } from '../../src/model/weights/overlay.ts';
import { TensorFile } from '../../src/safetensors/file.ts';
import { ROOT } from './paths.ts';

/** Tiny models of every family with transformers' logits (make_models.py). */
export const MODEL_CASES = join(ROOT, 'test/golden/model');

export interface ExpectedAnswers {
  readonly generation: { readonly prompt: number[]; readonly tokens: number[] };
  readonly loglikelihood: readonly {
    readonly context: number[];
    readonly continuation: number[];
    readonly logProbability: number;
    readonly greedy: boolean;
  }[];
}

export interface CaseOptions {
  readonly memory?: MemoryMode;
  readonly provider?: string;
  readonly overlay?: Overlay;
}

export interface OpenCase extends AsyncDisposable {
  readonly network: Network;
  readonly rows: readonly TokenTree[];
  readonly expected: ExpectedAnswers & { readonly logits: Float32Array };
}

export function caseFolder(name: string): string {
  return join(MODEL_CASES, 'cases', name);
}

export async function openModel(folder: string, { memory, provider = 'cpu' }: CaseOptions = {}): Promise<LoadedModel> {
  return LoadedModel.open(folder, {
    runtime: ortGraphs(provider),
    workload: { tokens: 64, states: 64 },
    memory,
    sink: () => undefined,
    signal: new AbortController().signal,
  });
}

export async function openCase(name: string, options: CaseOptions): Promise<OpenCase> {
  const model = await openModel(caseFolder(name), options);
  const network = model.network(options.overlay);
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

/** `input_ids` int64 [B, S] as rows, and a tensor of float32 logits. */
export async function readExpected(path: string, name = 'logits'): Promise<{ rows: TokenTree[]; logits: Float32Array }> {
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
