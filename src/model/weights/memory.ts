import { InputError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { isFloatDtype } from '../../safetensors/dtypes.ts';
import { elements } from '../../safetensors/shape.ts';
import type { Architecture } from '../architecture.ts';
import { TILE_ROWS } from '../graph/head.ts';
import { windowsOf } from '../graph/inputs.ts';
import { EMBEDDING, HEAD } from '../names.ts';
import { neededWeights } from './recorder.ts';

/**
 * Where weights are while a model runs.
 * - `resident`: widened to float32 once and held; fast, twice the bytes of 16-bit weights.
 * - `mapped`: mapped from their files and widened in every run, piece by piece; bounded memory, slower.
 * - `device`: handed to the provider when the network is loaded (GPUs).
 */
export const MEMORY_MODES = ['resident', 'mapped', 'device'] as const;
export type MemoryMode = (typeof MEMORY_MODES)[number];

/** Bytes of this process that a mode takes, without the pages of mapped files, which the system may drop. */
export interface MemoryEstimate {
  readonly mode: MemoryMode;
  readonly bytes: number;
  readonly available: number;
}

/** What is worked on at once. */
export interface Workload {
  /** Padded tokens of a batch. */
  readonly tokens: number;
  /** Tokens of the longest row. */
  readonly longest: number;
  /** Hidden states that meet the vocabulary, if their logits are no more than `LOGITS_AT_ONCE`. */
  readonly states: number;
  /** Rows are trees, with a mask of what each token sees. */
  readonly masked: boolean;
  /** Tokens whose keys and values are kept, of all rows together: for generation. */
  readonly cached: number;
  /** Bytes of the tensors that stand in the place of the model's. */
  readonly replaced: number;
}

/** Elements of the logits that are made at once: 128 MB of float32. */
export const LOGITS_AT_ONCE = 1 << 25;

/** Their rows are looked up, or multiplied in tiles. */
const VOCABULARY: ReadonlySet<string> = new Set([EMBEDDING, HEAD]);
/** Of what is free, the rest is left to others. */
const SHARE = 0.7;
/** Widened weights that were seen to be in memory at once: the one in use, those just used, and the next. */
const WIDENED_AT_ONCE = 3;
/** Of keys and values: those that go in, those that come out, and two that wait to be collected (seen). */
const CACHES = 4;
/** The runtime, the arena's slack, and Node itself. */
const OVERHEAD = 150_000_000;

/**
 * `resident` where it fits, else `mapped`.
 *
 * @param wish a mode that was asked for, or undefined
 * @param available free bytes
 * @throws InputError with the estimate if not even that fits
 */
export function chooseMemory(
  checkpoint: Checkpoint,
  architecture: Architecture,
  workload: Workload,
  wish: MemoryMode | undefined,
  available: number,
): MemoryEstimate {
  const estimate = (mode: MemoryMode): MemoryEstimate => ({
    mode,
    bytes: memoryOf(checkpoint, architecture, workload, mode),
    available,
  });
  const modes: readonly MemoryMode[] = wish === undefined ? ['resident', 'mapped'] : [wish];
  const fitting = modes.map(estimate).find(({ bytes }) => fits(bytes, available));
  if (fitting !== undefined) return fitting;
  const least = estimate(modes.at(-1) ?? 'mapped');
  throw new InputError(
    `${checkpoint.folder} would need about ${formatBytes(least.bytes)} of memory, and ${formatBytes(available)} are free.`,
    'Close other programs, use a smaller --batch-tokens, or evaluate on a server: --endpoint.',
  );
}

export function fits(bytes: number, available: number): boolean {
  return bytes <= SHARE * available;
}

function memoryOf(checkpoint: Checkpoint, architecture: Architecture, workload: Workload, mode: MemoryMode): number {
  let weights = 0;
  let largest = 0;
  for (const [name, shape] of neededWeights(architecture)) {
    const tensor = checkpoint.tensors.get(name);
    if (tensor === undefined) continue;
    const size = elements(shape);
    const stays = staysInFile(tensor, mode);
    const widened = stays && tensor.entry.dtype !== 'F32';
    if (!stays || (widened && mode === 'device')) weights += size;
    else if (widened) largest = Math.max(largest, VOCABULARY.has(name) ? TILE_ROWS * architecture.hidden : size);
  }
  const work = activations(architecture, workload) + attention(architecture, workload, mode);
  return OVERHEAD + workload.replaced + 4 * (work + weights + WIDENED_AT_ONCE * largest);
}

function activations(architecture: Architecture, { tokens, states }: Workload): number {
  const { hidden, intermediate, heads, headSize, vocabulary } = architecture;
  const logits = Math.min(states * vocabulary, Math.max(vocabulary, LOGITS_AT_ONCE));
  return tokens * (6 * hidden + 3 * intermediate + 4 * heads * headSize) + 2 * logits;
}

/** Masks, keys and values, and scores where attention does not compute them piece by piece (measured with 1.30). */
function attention(
  architecture: Architecture,
  { tokens, longest, masked, cached }: Workload,
  mode: MemoryMode,
): number {
  const { heads, keyValueHeads, headSize, layers, attentionCap } = architecture;
  const whole = mode === 'device' || attentionCap !== undefined;
  const scores = whole ? 2 * heads * tokens * longest : 0;
  const masks = masked || mode === 'device' ? tokens * longest * windowsOf(architecture).length : 0;
  const cache = CACHES * cached * layers.length * 2 * keyValueHeads * headSize;
  return scores + masks + cache;
}

/** Bytes of this process where all weights are held in float32, none of them in files. */
export function heldMemory(architecture: Architecture, workload: Workload, mode: MemoryMode): number {
  const weights = [...neededWeights(architecture).values()].reduce((sum, shape) => sum + elements(shape), 0);
  const work = activations(architecture, workload) + attention(architecture, workload, mode);
  return OVERHEAD + workload.replaced + 4 * (work + weights);
}

/** Whether a weight is mapped. float32 is in each mode; FP8 and pickles are always read. */
export function staysInFile({ entry, shard }: LocatedTensor, mode: MemoryMode): boolean {
  if (shard.file.format !== 'safetensors' || !isFloatDtype(entry.dtype)) return false;
  return mode !== 'resident' || entry.dtype === 'F32';
}
