import { tmpdir } from 'node:os';
import { throwIfCancelled } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import { isEmbeddingTensor } from '../../checkpoint/tied.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { Delta } from '../../patch/delta.ts';
import { LowRankDelta } from '../../patch/methods/lowRank.ts';
import { openItem } from '../../port/openItem.ts';
import { assertPortable, openInputs, type PortInputs } from '../../port/plan/inputs.ts';
import type { PlanItem, PortRequest, TiedChoice } from '../../port/plan/planTypes.ts';
import { elements } from '../../safetensors/shape.ts';
import { fits } from '../weights/memory.ts';
import type { Overlay } from '../weights/overlay.ts';
import type { Branch, HeldWeight } from '../weights/weight.ts';
import { exportedTensor, patchedTensor } from './patchedTensor.ts';

/** One patch on a model: what a port would be asked for, without its output. */
export type PatchOnModel = Pick<PortRequest, 'patch' | 'weight' | 'plus' | 'combine' | 'from' | 'scale' | 'tied'>;

export interface OverlayOptions {
  readonly kernel: LowRankKernel;
  /** Add to the weights and round as a port does, instead of computing beside them. */
  readonly exported: boolean;
  /** Free bytes; without it, what the system says. */
  readonly available?: number;
  /** Weights that stand in the place of the model's: Δ is added to a copy of them. */
  readonly base?: ReadonlyMap<string, HeldWeight>;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

export interface OpenedOverlay {
  readonly overlay: Overlay;
  /** Tensors that are computed beside the weights, and tensors that were made anew. */
  readonly branches: number;
  readonly replaced: number;
}

/** What is known of patches on a model before their tensors are read. */
export interface PlannedOverlay {
  readonly exported: boolean;
  readonly warnings: readonly string[];
  /** Of the tensors that the exported form puts in the place of the model's, float32. */
  readonly replacedBytes: number;
}

/** @throws InputError if a patch cannot be ported onto the model, or the patches have no exported form */
export async function planOverlay(
  onto: string,
  patches: readonly PatchOnModel[],
  exported: boolean,
): Promise<PlannedOverlay> {
  assertExportable(patches, exported);
  const warnings: string[] = [];
  let replacedBytes = 0;
  for (const patch of patches) {
    await using inputs = await openInputs(requestOf(onto, patch));
    assertPortable(inputs.plan, undefined);
    warnings.push(...inputs.plan.warnings);
    if (exported) replacedBytes += bytesOf(inputs.plan.items.filter(({ parts }) => parts.length > 0));
  }
  return { exported, warnings, replacedBytes };
}

function assertExportable(patches: readonly PatchOnModel[], exported: boolean): void {
  if (exported && patches.length > 1)
    throw new InputError(
      'Several patches with scales of their own have no exported form.',
      'Port their sum (port --weights) and evaluate what was written, or evaluate them without --exported.',
    );
}

/** Nothing is written; the folder only stands where a request has one. */
function requestOf(onto: string, patch: PatchOnModel): PortRequest {
  return { ...patch, onto, out: tmpdir(), as: 'checkpoint' };
}

function bytesOf(items: readonly PlanItem[]): number {
  return 4 * items.reduce((sum, { shape }) => sum + elements(shape), 0);
}

/**
 * Plans each patch onto the model as a port does, and makes of every item a low-rank branch, or a tensor in memory where Δ has no
 * low rank (DoRA, saved modules, rows of tokens, full deltas) or the exported model is asked for.
 *
 * @throws InputError if a patch cannot be ported onto the model
 */
export async function openOverlay(
  onto: string,
  patches: readonly PatchOnModel[],
  options: OverlayOptions,
): Promise<OpenedOverlay> {
  assertExportable(patches, options.exported);
  const parts: Parts = { branches: new Map(), replaced: new Map(), heads: new Set() };
  for (const [index, patch] of patches.entries()) await addPatch(onto, patch, index, parts, options);
  const { branches, replaced, heads } = parts;
  if (heads.size > 1)
    throw new InputError(
      'One patch changes the tied head apart from the embedding, another both at once.',
      'Say for both of them which it is (--tied), or evaluate them one by one.',
    );
  return {
    overlay: { branches, replaced, unties: heads.has('separate'), scales: patches.map(({ scale }) => scale) },
    branches: branches.size,
    replaced: replaced.size,
  };
}

interface Parts {
  readonly branches: Map<string, Branch[]>;
  readonly replaced: Map<string, HeldWeight>;
  /** What the patches make of a tied head, those that change it or the embedding. */
  readonly heads: Set<TiedChoice>;
}

async function addPatch(
  onto: string,
  patch: PatchOnModel,
  index: number,
  parts: Parts,
  options: OverlayOptions,
): Promise<void> {
  const request = requestOf(onto, patch);
  await using scaled = await openInputs(request);
  assertPortable(scaled.plan, undefined);
  await using plain = await openInputs({ ...request, scale: 1 });
  // The scales of FP8 weights are items of a port only.
  const items = scaled.plan.items.filter(
    ({ parts: terms, scaleOf }) => terms.length > 0 && (options.exported || scaleOf === undefined),
  );
  if (scaled.plan.unties) parts.heads.add('separate');
  else if (scaled.newBase.config.tiesEmbeddings && items.some(({ target }) => isEmbeddingTensor(target)))
    parts.heads.add('shared');
  if (options.exported) assertRoom(items, options);
  const total = { bytes: items.length, tensors: items.length, unit: 'tensors' };
  const meter = new ProgressMeter('patch', total, options.sink);
  for (const item of items) {
    throwIfCancelled(options.signal);
    await addItem(item, index, { scaled, plain }, parts, options);
    meter.addBytes(1);
    meter.addTensor();
  }
}

async function addItem(
  item: PlanItem,
  patch: number,
  { scaled, plain }: { readonly scaled: PortInputs; readonly plain: PortInputs },
  parts: Parts,
  options: OverlayOptions,
): Promise<void> {
  const { kernel, exported } = options;
  const { target } = item;
  if (exported) {
    const delta = await openItem(scaled, item, kernel);
    parts.replaced.set(target, await exportedTensor(scaled.newBase, item, delta));
    return;
  }
  const delta = await openItem(plain, item, kernel);
  const branch = branchOf(delta, item, patch);
  if (branch !== undefined) parts.branches.set(target, [...(parts.branches.get(target) ?? []), branch]);
  else {
    assertRoom([item], options);
    const whole = scaled.plan.request.scale === 1 ? delta : await openItem(scaled, item, kernel);
    const earlier = parts.replaced.get(target) ?? copyOf(options.base?.get(item.source));
    parts.replaced.set(target, await patchedTensor(scaled.newBase, item, whole, earlier));
  }
}

/** Others still need what it was. */
function copyOf(weight: HeldWeight | undefined): HeldWeight | undefined {
  return weight && { ...weight, values: weight.values.slice() };
}

/** @throws InputError if tensors in the place of the model's, in float32, would not fit into memory */
function assertRoom(items: readonly PlanItem[], { available = process.availableMemory() }: OverlayOptions): void {
  const bytes = bytesOf(items);
  if (!fits(bytes, available))
    throw new InputError(
      `The patched tensors would need about ${formatBytes(bytes)} of memory, and ${formatBytes(available)} are free.`,
      'Port the patch to a checkpoint and evaluate that; or evaluate it without --exported, if it is of low rank.',
    );
}

/** A matrix of low rank, which is the weight of a linear or an embedding: all that has two dimensions here. */
function branchOf(delta: Delta, { shape }: PlanItem, patch: number): Branch | undefined {
  if (!(delta instanceof LowRankDelta) || shape.length !== 2) return undefined;
  const { left, right, shape: product, scale } = delta.factors;
  return { left, right, rank: product.rank, scaling: scale, patch };
}
