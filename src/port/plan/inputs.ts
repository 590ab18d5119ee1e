import { statfs } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { compareVocabularies } from '../../checkpoint/vocabulary/compare.ts';
import { readVocabulary } from '../../checkpoint/vocabulary/readVocabulary.ts';
import { combinePatches, type WeightedPatch } from '../../patch/combine/combine.ts';
import { openPatch, type Patch } from '../../patch/patch.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import { gatherEvidence, NO_EVIDENCE } from './evidence.ts';
import { makePlan } from './plan.ts';
import type { PortPlan, PortRequest } from './planTypes.ts';
import { isVocabularyModule, type Vocabularies } from './vocabularyRows.ts';

/** The opened inputs of a port, with its plan; closed as one. */
export interface PortInputs extends AsyncDisposable {
  readonly patch: Patch;
  /** What `patch` was combined from, if it was. */
  readonly combined: readonly WeightedPatch[];
  readonly newBase: Checkpoint;
  readonly oldBase: Checkpoint | null;
  readonly vocabularies: Vocabularies;
  readonly plan: PortPlan;
}

/** @throws InputError if one of the inputs cannot be used */
export async function openInputs(request: PortRequest): Promise<PortInputs> {
  if (!Number.isFinite(request.scale)) throw new InputError(`The scale ${request.scale} is not a number.`);
  const resources: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(resource: T): T => {
    resources.push(resource);
    return resource;
  };
  const close = async (): Promise<void> => {
    await Promise.all(resources.map((resource) => resource.close()));
  };
  try {
    const opened = await openPatches(request, keep);
    const { patch } = opened;
    const newBase = keep(await Checkpoint.open(request.onto));
    const oldBase = request.from === undefined ? null : keep(await Checkpoint.open(request.from));
    await assertOneVocabulary(opened.combined);
    const vocabularies = await openVocabularies(patch, newBase, oldBase);
    const evidence = oldBase === null ? NO_EVIDENCE : await gatherEvidence(patch, oldBase, newBase);
    const freeBytes = await freeAt(dirname(resolve(request.out)));
    const plan = makePlan(request, {
      patch,
      name: nameOf(request),
      newBase,
      oldBase,
      vocabularies,
      evidence,
      freeBytes,
    });
    return { ...opened, newBase, oldBase, vocabularies, plan, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The patch, or several combined into one in memory. */
async function openPatches(
  { patch: path, weight = 1, plus = [], combine }: PortRequest,
  keep: (file: TensorFile) => unknown,
): Promise<Pick<PortInputs, 'patch' | 'combined'>> {
  const first = await openPatch(path);
  keep(first.file);
  if (plus.length === 0) return { patch: first, combined: [] };
  const combined = [{ patch: first, weight }];
  for (const other of plus) {
    const patch = await openPatch(other.patch);
    keep(patch.file);
    combined.push({ patch, weight: other.weight });
  }
  const odd = combined.find((one) => !Number.isFinite(one.weight));
  if (odd) throw new InputError(`The weight ${odd.weight} of ${odd.patch.folder} is not a number.`);
  return { patch: await combinePatches(combined, combine ?? SUM), combined };
}

/** Of the patches, for people. */
function nameOf({ patch, plus = [] }: PortRequest): string {
  return [patch, ...plus.map((other) => other.patch)].map((path) => basename(path)).join(' + ');
}

/** The exact sum of the deltas. */
export const SUM = { combination: 'cat', density: 1, seed: 0 } as const;

/** Tokenizers are read only where a patch changes rows that are tokens. */
async function openVocabularies(patch: Patch, newBase: Checkpoint, oldBase: Checkpoint | null): Promise<Vocabularies> {
  if (!patch.changes.some(({ module }) => isVocabularyModule(module))) return { patch: undefined, newBase: undefined };
  const own = await readVocabulary(patch.folder, patch.names);
  const old = own ?? (oldBase ? await readVocabulary(oldBase.folder, oldBase.names) : undefined);
  return { patch: old, newBase: await readVocabulary(newBase.folder, newBase.names) };
}

/** @throws InputError if patches that change rows of tokens number their tokens differently */
async function assertOneVocabulary(combined: PortInputs['combined']): Promise<void> {
  const touching = combined.filter(({ patch }) => patch.changes.some(({ module }) => isVocabularyModule(module)));
  const own = await Promise.all(touching.map(({ patch }) => readVocabulary(patch.folder, patch.names)));
  const [first] = own;
  if (
    own.some((vocabulary) =>
      vocabulary && first ? !compareVocabularies(first, vocabulary).same : vocabulary !== first,
    )
  )
    throw new InputError(
      'The patches change rows of tokens and have different tokenizers, so their rows cannot be added.',
      'Port them one after the other.',
    );
}

/** Of the nearest folder that exists. */
async function freeAt(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? null : freeAt(parent);
  }
}

/** @throws InputError listing what cannot be ported, if anything cannot, or if the plan is not the one agreed to */
export function assertPortable(plan: PortPlan, agreed: string | undefined): void {
  const { refusals } = plan;
  if (agreed !== undefined && agreed !== plan.digest)
    throw new InputError('The inputs have changed since the plan was shown.', 'Look at the new plan and start again.');
  if (refusals.length === 0) return;
  const shown = refusals.slice(0, 5).map(({ tensor, reason }) => `  ${tensor}: ${reason}`);
  if (refusals.length > shown.length) shown.push(`  … and ${refusals.length - shown.length} more`);
  throw new InputError(
    `The patch ${plan.patch.name} cannot be ported onto ${plan.newBase.name}:\n${shown.join('\n')}`,
    isOfAnotherShape(plan)
      ? `Choose a base with the architecture and sizes of the one that the patch was trained on${statedBase(plan)}. Nothing was written.`
      : 'Nothing was written. "portllm port … --dry-run" lists everything.',
  );
}

/** Whether modules are missing in the new base, or have other sizes there: it is of another kind than the old one. */
function isOfAnotherShape({ refusals }: PortPlan): boolean {
  return refusals.some(
    ({ kind, reason }) => kind === 'no target' && /of the new base is \[|has no (tensor|module) /.test(reason),
  );
}

function statedBase({ patch }: PortPlan): string {
  return patch.baseName === null || patch.baseName === '' ? '' : ` (${brief(patch.baseName)})`;
}
