import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { readVocabulary } from '../../checkpoint/vocabulary/readVocabulary.ts';
import { openPatch, type Patch } from '../../patch/patch.ts';
import { makePlan } from './plan.ts';
import type { PortPlan, PortRequest } from './planTypes.ts';
import { isVocabularyModule, type Vocabularies } from './vocabularyRows.ts';

/** The opened inputs of a port, with its plan; closed as one. */
export interface PortInputs extends AsyncDisposable {
  readonly patch: Patch;
  readonly newBase: Checkpoint;
  readonly oldBase: Checkpoint | null;
  readonly vocabularies: Vocabularies;
  readonly plan: PortPlan;
}

/** @throws InputError if one of the inputs cannot be used */
export async function openInputs(request: PortRequest): Promise<PortInputs> {
  if (!Number.isFinite(request.scale)) throw new InputError(`The scale ${request.scale} is not a number.`);
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(resource: T): T => {
    opened.push(resource);
    return resource;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((resource) => resource.close()));
  };
  try {
    const patch = await openPatch(request.patch);
    keep(patch.file);
    const newBase = keep(await Checkpoint.open(request.onto));
    const oldBase = request.from === undefined ? null : keep(await Checkpoint.open(request.from));
    const vocabularies = await openVocabularies(patch, newBase, oldBase);
    const freeBytes = await freeAt(dirname(resolve(request.out)));
    const plan = makePlan(request, { patch, newBase, oldBase, vocabularies, evidence: [], freeBytes });
    return { patch, newBase, oldBase, vocabularies, plan, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Tokenizers are read only where a patch changes rows that are tokens. */
async function openVocabularies(patch: Patch, newBase: Checkpoint, oldBase: Checkpoint | null): Promise<Vocabularies> {
  if (!patch.changes.some(({ module }) => isVocabularyModule(module))) return { patch: undefined, newBase: undefined };
  const own = await readVocabulary(patch.folder, patch.names);
  const old = own ?? (oldBase ? await readVocabulary(oldBase.folder, oldBase.names) : undefined);
  return { patch: old, newBase: await readVocabulary(newBase.folder, newBase.names) };
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
    'Nothing was written. "portllm port … --dry-run" lists everything.',
  );
}
