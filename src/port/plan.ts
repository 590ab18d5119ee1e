import { basename } from 'node:path';
import { sha256OfText } from '../base/hash.ts';
import { mainDtype, type Checkpoint } from '../checkpoint/checkpoint.ts';
import { ranksOf, type Patch } from '../patch/patch.ts';
import type { Refusal } from '../patch/refusal.ts';
import { elements } from '../safetensors/shape.ts';
import { findTarget, parametersOf } from './target.ts';
import type { Coverage, PatchSummary, PlanItem, PortPlan, PortRequest } from './planTypes.ts';

/** What a port will do, tensor by tensor. Reads nothing: all it needs stands in headers and configurations. */
export function makePlan(
  request: PortRequest,
  patch: Patch,
  newBase: Checkpoint,
  oldBase: Checkpoint | null,
): PortPlan {
  const fanInFanOut = patch.config.fan_in_fan_out === true;
  const found = patch.modules.map((module) => findTarget(module, newBase, fanInFanOut));
  const items = found.filter((item): item is PlanItem => 'target' in item);
  const refusals = [...patch.refusals, ...found.filter((item): item is Refusal => 'reason' in item)];
  if (newBase.config.quantization !== undefined) refusals.push(quantised(newBase));
  if (items.length === 0 && refusals.length === 0) refusals.push(nothingToPort());
  const coverage = cover(patch, newBase, items);
  if (refusals.length === 0 && coverage.matchedPatchTensors !== coverage.patchTensors)
    throw new Error('a patch tensor was neither matched nor refused');
  const plan = {
    // In this order: the digest is taken over the text.
    request: {
      patch: request.patch,
      onto: request.onto,
      from: request.from,
      out: request.out,
      as: request.as,
      scale: request.scale,
    },
    patch: summarise(patch),
    newBase: newBase.identity,
    oldBase: oldBase?.identity ?? null,
    items: items.sort(byLayer),
    refusals,
    warnings: [...patch.warnings, ...lineageWarnings(patch, newBase, oldBase, items)],
    coverage,
    outputBytes: request.as === 'adapter' ? patch.file.header.fileBytes : newBase.identity.bytes,
  };
  return { ...plan, digest: sha256OfText(JSON.stringify([plan, patch.file.headerSha256])) };
}

function quantised(base: Checkpoint): Refusal {
  const reason = `the new base is quantised (${base.config.quantization ?? ''}); use the 16-bit checkpoint`;
  return { tensor: 'config.json', kind: 'no target', reason };
}

function nothingToPort(): Refusal {
  return { tensor: 'adapter_model.safetensors', kind: 'no target', reason: 'the patch holds no tensors' };
}

function byLayer(a: PlanItem, b: PlanItem): number {
  return (a.layer ?? -1) - (b.layer ?? -1) || (a.module < b.module ? -1 : 1);
}

function summarise(patch: Patch): PatchSummary {
  return {
    path: patch.folder,
    name: basename(patch.folder),
    baseName: patch.config.base_model_name_or_path ?? null,
    ranks: ranksOf(patch),
    dtype: mainDtype([...patch.file.header.tensors.values()]),
    rankStabilised: patch.config.use_rslora === true,
  };
}

function cover(patch: Patch, base: Checkpoint, items: readonly PlanItem[]): Coverage {
  return {
    patchTensors: patch.file.header.tensors.size,
    matchedPatchTensors: items.reduce((sum, { tensors }) => sum + tensors.length, 0),
    touchedTensors: items.length,
    baseTensors: base.tensors.size,
    touchedParameters: parametersOf(items),
    baseParameters: base.identity.parameters,
  };
}

/** What is certain without reading weights, and worth knowing before a port. */
function lineageWarnings(
  patch: Patch,
  newBase: Checkpoint,
  oldBase: Checkpoint | null,
  items: readonly PlanItem[],
): string[] {
  const warnings: string[] = [];
  if (newBase.config.tiesEmbeddings && items.some(({ type }) => type === 'embed_tokens' || type === 'wte'))
    warnings.push(
      "The new base ties its head to the embedding: the patch on the embedding changes the head too, as PEFT's merge does.",
    );
  const name = patch.config.base_model_name_or_path;
  if (/(bnb|4bit|8bit|gptq|awq)/i.test(name ?? ''))
    warnings.push(
      `The patch was trained on a quantised base (${name ?? ''}); it is added to 16-bit weights, which it never saw.`,
    );
  if (oldBase !== null) warnings.push(...compareBases(oldBase, newBase, items));
  return warnings;
}

function compareBases(oldBase: Checkpoint, newBase: Checkpoint, items: readonly PlanItem[]): string[] {
  const warnings: string[] = [];
  if (oldBase.config.architecture !== newBase.config.architecture)
    warnings.push(`The old base is a ${oldBase.config.architecture}, the new one a ${newBase.config.architecture}.`);
  if (oldBase.config.vocabularySize !== newBase.config.vocabularySize)
    warnings.push(
      `The vocabulary changed from ${oldBase.config.vocabularySize ?? 'unknown'} to ${newBase.config.vocabularySize ?? 'unknown'} tokens.`,
    );
  const strangers = items.filter(({ target, shape }) => {
    const entry = oldBase.tensors.get(target)?.entry;
    return entry === undefined || elements(entry.shape) !== elements(shape);
  });
  if (strangers.length > 0)
    warnings.push(
      `The old base does not have ${strangers.length} of the patched tensors in this shape: is it the right one?`,
    );
  return warnings;
}
