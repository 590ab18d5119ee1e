import { sha256Of } from '../../base/hash.ts';
import { brief } from '../../base/quote.ts';
import { mainDtype, sumBytes, type Checkpoint } from '../../checkpoint/checkpoint.ts';
import { embeddingOf } from '../../checkpoint/tied.ts';
import { needsOldBase } from '../../patch/change.ts';
import { asksForOldBase, ranksOf, type Patch } from '../../patch/patch.ts';
import type { Refusal } from '../../patch/refusal.ts';
import { elements } from '../../safetensors/shape.ts';
import type { Evidence } from './evidence.ts';
import { findTargets } from './findTarget.ts';
import { withFloat8 } from './float8Items.ts';
import { mergePlacements } from './items.ts';
import { refuseTwins } from './twins.ts';
import { isPlacement, type Ground, type Placed, type Placement } from './placement.ts';
import type { Coverage, PatchSummary, PlanItem, PortPlan, PortRequest } from './planTypes.ts';
import { isVocabularyModule, vocabularyNotes, type Vocabularies } from './vocabularyRows.ts';
import { lineageWarnings } from './warnings.ts';

/** All that a plan is made from: opened files, of which only headers and configurations are looked at. */
export interface PlanSources {
  readonly patch: Patch;
  /** As it is shown. */
  readonly name: string;
  readonly newBase: Checkpoint;
  readonly oldBase: Checkpoint | null;
  readonly vocabularies: Vocabularies;
  /** What samples of the weights say about the old base. */
  readonly evidence: Evidence;
  readonly freeBytes: number | null;
}

/** What a port will do, tensor by tensor. Reads nothing: all it needs has been read. */
export function makePlan(request: PortRequest, sources: PlanSources): PortPlan {
  const { patch, newBase, oldBase } = sources;
  const ground = groundFor(request, sources);
  const placed = patch.changes.flatMap((change) => findTargets(change, ground));
  const placements = placed.filter(isPlacement);
  const { items: patched, unties } = mergePlacements(placements, ground, request.as);
  const items = request.as === 'checkpoint' ? withFloat8(patched, newBase, request.float8 ?? 'requantise') : patched;
  const coverage = cover(patch, newBase, items);
  const refusals = [
    ...patch.refusals,
    ...placed.filter((found): found is Refusal => !isPlacement(found)),
    ...refuseAsWhole(request, sources, placed),
    ...refuseTwins(placements),
    ...sources.evidence.refusals,
  ];
  if (items.length === 0 && refusals.length === 0) refusals.push(nothingToPort());
  if (refusals.length === 0 && coverage.matchedPatchTensors !== coverage.patchTensors)
    throw new Error('a patch tensor was neither matched nor refused');
  const plan = {
    // In this order: the digest is taken over the text.
    request: {
      patch: request.patch,
      weight: request.weight,
      plus: request.plus,
      combine: request.combine,
      onto: request.onto,
      from: request.from,
      out: request.out,
      as: request.as,
      scale: request.scale,
      tied: request.tied,
      float8: request.float8,
    },
    patch: summarise(patch, sources.name),
    newBase: newBase.identity,
    oldBase: oldBase?.identity ?? null,
    items,
    refusals,
    warnings: [
      ...patch.warnings,
      ...sources.evidence.warnings,
      ...lineageWarnings(patch, newBase, oldBase, items, unties),
      ...(items.some(({ parts }) => parts.some(({ byToken }) => byToken)) ? vocabularyNotes(sources.vocabularies) : []),
    ],
    evidence: sources.evidence.lines,
    coverage,
    needsOldBase: asksForOldBase(patch),
    unties,
    outputBytes: outputBytes(request, sources, items),
  };
  const digest = sha256Of(JSON.stringify([plan, patch.file.headerSha256]));
  return { ...plan, freeBytes: sources.freeBytes, digest };
}

function groundFor({ as, tied }: PortRequest, { patch, newBase, oldBase, vocabularies }: PlanSources): Ground {
  return {
    newBase,
    oldBase,
    vocabularies,
    tied: canBeUntied(newBase) ? (tied ?? (keptTied(patch) ? 'shared' : 'separate')) : 'shared',
    ensured: patch.config.ensure_weight_tying === true,
    fanInFanOut: patch.config.fan_in_fan_out === true,
    unseen: as === 'adapter' && isPacked(newBase),
  };
}

/** Decoders with one embedding and one head; elsewhere more is tied than these two (BART, BERT), or depends on it (T5). */
function canBeUntied(base: Checkpoint): boolean {
  return /(ForCausalLM|LMHeadModel)$/.test(base.config.architecture) && embeddingOf(base) !== undefined;
}

/** Whether training saw one matrix: when PEFT was told to, and for trained tokens, whose rows it ties by itself. */
function keptTied({ config, changes }: Patch): boolean {
  if (config.ensure_weight_tying === true) return true;
  const rows = changes.filter(({ module }) => isVocabularyModule(module));
  return rows.length > 0 && rows.every(({ recipe }) => recipe.method === 'token rows');
}

/** What stands against the port as a whole, rather than against one tensor. */
function refuseAsWhole(
  { as, scale, tied, float8 }: PortRequest,
  { patch, newBase, oldBase }: PlanSources,
  placed: readonly Placed[],
): Refusal[] {
  const refusals: Refusal[] = [];
  if (isPacked(newBase) && as === 'checkpoint') refusals.push(quantised(newBase));
  if (tied === 'separate' && newBase.config.tiesEmbeddings && !canBeUntied(newBase))
    refusals.push(cannotUntie(newBase));
  if (float8 === 'bf16' && as === 'checkpoint') refusals.push(...unscaledFloat8(newBase));
  const differences = patch.changes.filter(needsOldBase);
  const [first] = differences;
  const stated = patch.config.base_model_name_or_path;
  if (first !== undefined && oldBase === null)
    refusals.push({
      tensor: Object.values(first.recipe.tensors)[0] ?? first.module,
      kind: first.kind,
      reason:
        (differences.length === 1
          ? '1 change of this patch is a difference'
          : `${differences.length} changes of this patch are differences`) +
        ' against the base it was trained on: name that base (--from OLD)' +
        (stated == null || stated === '' ? '' : `; the patch states ${brief(stated)}`),
    });
  if (as === 'adapter' && patch.dialect === 'full delta') refusals.push(noAdapterOfDelta());
  if (as === 'adapter')
    refusals.push(...placed.filter(isPlacement).flatMap((placement) => refuseAsAdapter(placement, scale)));
  return refusals;
}

function noAdapterOfDelta(): Refusal {
  const reason = 'a full delta has no low rank. Port to a checkpoint, and extract an adapter from that';
  return { tensor: 'delta.safetensors', kind: 'pure delta', reason };
}

/** Methods whose tensors have a row, or a column, for each token. */
const FOLLOWS_TOKENS = new Set(['LoRA', 'LoRA bias', 'whole tensor', 'token rows']);

/** What a base-relative method does to the old base has no low rank on the new one. */
function refuseAsAdapter({ part }: Placement, scale: number): Refusal[] {
  if (part.recipe.method === 'AdaLoRA' && scale <= 0) {
    const reason =
      'PEFT takes an alpha of 0 or less for none, so that AdaLoRA cannot be scaled so. Port to a checkpoint';
    return [{ tensor: part.tensors[0] ?? '', kind: part.kind, reason }];
  }
  if (part.byToken && !FOLLOWS_TOKENS.has(part.recipe.method)) {
    const reason = `the rows of ${part.recipe.method} cannot be moved with their tokens. Port to a checkpoint`;
    return [{ tensor: part.tensors[0] ?? '', kind: part.kind, reason }];
  }
  if (part.kind !== 'base-relative' || part.tensors.length === 0) return [];
  const reason =
    `${part.recipe.method} rescales the base it was trained on; what it adds to the new base is no ${part.recipe.method} ` +
    'of it. Port to a checkpoint, and extract an adapter from that';
  return [{ tensor: part.tensors[0] ?? '', kind: part.kind, reason }];
}

function cannotUntie({ config }: Checkpoint): Refusal {
  const reason = `the head of a ${config.architecture} cannot be set apart from its embedding (--tied separate)`;
  return { tensor: 'config.json', kind: 'no target', reason };
}

/** FP8 that has no scales of blocks cannot be written as BF16. */
function unscaledFloat8(base: Checkpoint): Refusal[] {
  return [...base.tensors.values()]
    .filter(({ entry, scale }) => entry.dtype.startsWith('F8') && scale === undefined)
    .map(({ entry }) => ({
      tensor: entry.name,
      kind: 'no target' as const,
      reason: 'the new base has no scales that fit it, so it cannot be written as BF16',
    }));
}

/** Quantised in a way whose weights cannot be read; block-scaled FP8 can. */
function isPacked({ config }: Checkpoint): boolean {
  return config.quantization !== undefined && config.float8Block === undefined;
}

function quantised(base: Checkpoint): Refusal {
  const reason =
    `the new base is quantised (${base.config.quantization ?? ''}): its weights cannot be added to. ` +
    'Use the 16-bit checkpoint, or make an adapter';
  return { tensor: 'config.json', kind: 'no target', reason };
}

function nothingToPort(): Refusal {
  return { tensor: 'adapter_model.safetensors', kind: 'no target', reason: 'the patch holds no tensors' };
}

function summarise(patch: Patch, name: string): PatchSummary {
  const methods = new Set(patch.changes.map(({ recipe }) => recipe.method));
  return {
    path: patch.folder,
    name,
    baseName: patch.config.base_model_name_or_path ?? null,
    method: [...methods].join(', '),
    ranks: ranksOf(patch),
    dtype: mainDtype([...patch.file.header.tensors.values()]),
    rankStabilised: patch.config.use_rslora === true,
  };
}

function cover(patch: Patch, base: Checkpoint, items: readonly PlanItem[]): Coverage {
  const matched = new Set([...items.flatMap(({ tensors }) => tensors), ...patch.witnesses]);
  return {
    patchTensors: patch.file.header.tensors.size,
    matchedPatchTensors: matched.size,
    touchedTensors: items.length,
    baseTensors: base.tensors.size,
    touchedParameters: items.reduce((sum, { shape }) => sum + elements(shape), 0),
    baseParameters: base.identity.parameters,
  };
}

function outputBytes({ as }: PortRequest, { patch, newBase }: PlanSources, items: readonly PlanItem[]): number {
  if (as === 'adapter') return adapterBytes(patch, items);
  const added = items.filter(({ target, source }) => target !== source);
  // FP8 that is written as BF16 doubles.
  const widened = items.filter(({ dtype, source }) => dtype !== newBase.tensors.get(source)?.entry.dtype);
  return newBase.identity.bytes + [...added, ...widened].reduce((sum, { source }) => sum + bytesOf(source, newBase), 0);
}

/** What is saved anew may have more rows than it had. */
function adapterBytes(patch: Patch, items: readonly PlanItem[]): number {
  const saved = items.filter(({ parts }) => parts.some(({ recipe }) => recipe.method === 'whole tensor'));
  return patch.file.header.fileBytes + saved.reduce((sum, { shape }) => sum + 4 * elements(shape), 0);
}

function bytesOf(name: string, base: Checkpoint): number {
  const located = base.tensors.get(name);
  return located === undefined ? 0 : sumBytes([located]);
}
