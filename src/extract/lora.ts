import { InputError } from '../base/errors.ts';
import { isConv1d } from '../checkpoint/conv1d.ts';
import { isEmbeddingTensor } from '../checkpoint/tied.ts';
import { svdForEnergy, truncatedSvd, type TruncatedSvd } from '../kernels/linalg/randomisedSvd.ts';
import type { RowStream } from '../kernels/linalg/rowStream.ts';
import { transpose, type LowRankKernel } from '../kernels/lowRank.ts';
import { matrixOf } from '../patch/delta.ts';
import { PREFIX } from '../patch/names.ts';
import type { MemoryTensor } from '../safetensors/file.ts';
import { deltaRows } from './compare.ts';
import type { TensorPair } from './pairs.ts';
import type { ExtractForm } from './types.ts';

/** A LoRA pair of one tensor: s = 1, so alpha is the rank. */
interface ExtractedPair {
  readonly module: string;
  readonly rank: number;
  readonly kept: number;
  readonly factors: readonly MemoryTensor[];
  readonly shortfall: string | undefined;
}

const OTHER_EMBEDDINGS = /(^|\.)(wpe|position_embeddings|token_type_embeddings|embed_positions)\.weight$/;

/** Whether a LoRA can hold the change of this tensor. */
export function isMatrix({ name, tuned }: TensorPair): boolean {
  return tuned.entry.shape.length === 2 && name.endsWith('.weight');
}

/**
 * The best low-rank approximation of Δ by a truncated SVD: B = U √Σ, A = √Σ Vᵀ, where the weight is stored [out, in]; the
 * other way round for Conv1D and embeddings.
 *
 * @throws InputError if a weight is not finite
 */
export async function extractPair(
  pair: TensorPair,
  modelType: { readonly conv1d: boolean },
  form: Exclude<ExtractForm, { kind: 'full' }>,
  kernel: LowRankKernel,
  signal: AbortSignal,
  onTile: (elements: number) => void,
): Promise<ExtractedPair> {
  const { rows, columns } = matrixOf(pair.tuned.entry.shape);
  const stream: RowStream = { rows, columns, tile: (row, count, into) => deltaRows(pair, row, count, into) };
  const svd = await decompose(stream, form, kernel, signal, onTile);
  const module = moduleInMemory(pair.name.replace(/\.weight$/, ''), modelType.conv1d);
  const embedding = isEmbeddingTensor(pair.name) || OTHER_EMBEDDINGS.test(pair.name);
  const turned = embedding || (modelType.conv1d && isConv1d(module));
  return {
    module,
    rank: svd.rank,
    kept: svd.kept,
    shortfall: 'shortfall' in svd && svd.shortfall !== undefined ? `${pair.name}: ${svd.shortfall}` : undefined,
    factors: factorsOf(module, svd, { rows, columns }, turned, embedding),
  };
}

/** GPT-2's files lack the prefix of its class, by which PEFT finds its modules. */
export function moduleInMemory(module: string, conv1d: boolean): string {
  return conv1d && !/^(transformer\.|lm_head$)/.test(module) ? `transformer.${module}` : module;
}

async function decompose(
  stream: RowStream,
  form: Exclude<ExtractForm, { kind: 'full' }>,
  kernel: LowRankKernel,
  signal: AbortSignal,
  onTile: (elements: number) => void,
): Promise<TruncatedSvd & { readonly shortfall?: string | undefined }> {
  const svd =
    form.kind === 'rank'
      ? await truncatedSvd(stream, kernel, { rank: form.rank }, signal, onTile)
      : await svdForEnergy(stream, kernel, form.share, { maxRank: form.maxRank }, signal, onTile);
  if (svd.rank === 0) throw new InputError('a change of rank 0 was to be extracted');
  return svd;
}

function factorsOf(
  module: string,
  { left, values, right, rank }: TruncatedSvd,
  { rows, columns }: { rows: number; columns: number },
  turned: boolean,
  embedding: boolean,
): MemoryTensor[] {
  const roots = values.map(Math.sqrt);
  const [u, v] = [
    left.map((value, i) => value * (roots[i % rank] ?? 0)),
    right.map((value, i) => value * (roots[Math.floor(i / columns)] ?? 0)),
  ];
  const [a, b] = turned ? [transpose(u, rows, rank), transpose(v, rank, columns)] : [v, u];
  const [input, output] = turned ? [rows, columns] : [columns, rows];
  const [nameA, nameB] = embedding ? ['lora_embedding_A', 'lora_embedding_B'] : ['lora_A.weight', 'lora_B.weight'];
  return [
    { name: `${PREFIX}${module}.${nameA}`, shape: [rank, input], values: a },
    { name: `${PREFIX}${module}.${nameB}`, shape: [output, rank], values: b },
  ];
}
