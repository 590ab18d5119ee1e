import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { isReadable } from '../../checkpoint/float8.ts';
import { hasConv1d, isConv1d } from '../../checkpoint/conv1d.ts';
import { isHead, storesBoth } from '../../checkpoint/tied.ts';
import { needsOldBase, type Change } from '../../patch/change.ts';
import type { TensorEntry } from '../../safetensors/header.ts';
import { candidates, unflattened, type Candidate } from './candidates.ts';
import { placeExperts, placeOnFused } from './experts.ts';
import { noTarget, partOf, showShape, type Ground, type Placed } from './placement.ts';
import { placeUnseen } from './quantised.ts';
import { findHead } from './tiedHead.ts';
import { isVocabularyModule, lostRows, matchRows } from './vocabularyRows.ts';

/** Where in the new base a change belongs, or why nowhere; nothing for what follows only where the base has it. */
export function findTargets(change: Change, ground: Ground): Placed[] {
  if (ground.unseen) return change.optional ? [] : [placeUnseen(change, ground)];
  if (change.recipe.method === 'LoRA on experts') return placeExperts(change, ground);
  const found = locate(change, ground);
  if (typeof found !== 'string') return [place(change, ground, found)];
  if (change.optional) return [];
  return placeOnFused(change, ground) ?? [noTarget(change, found)];
}

interface Found extends Candidate {
  readonly located: LocatedTensor;
  /** The name it will have; another one only for a head that is untied. */
  readonly target: string;
}

function locate({ module, parameter, flattened }: Change, { newBase, tied }: Ground): Found | string {
  const wanted = `${module}.${parameter}`;
  const exists = (name: string): boolean => newBase.tensors.has(name);
  const found = flattened ? unflattened(wanted, newBase.tensors.keys()) : candidates(wanted, exists);
  const [only] = found;
  if (only !== undefined && tied === 'shared' && storesBoth(newBase, only.name))
    return 'the new base says that its head is tied to the embedding, yet stores both';
  if (found.length > 1) return `it could be ${found.map(({ name }) => name).join(' or ')} of the new base`;
  if (only !== undefined) return { ...only, located: locatedAt(newBase, only.name), target: only.name };
  if (isHead(module) && newBase.config.tiesEmbeddings) {
    const head = findHead(newBase, wanted, tied);
    if (head !== undefined) return head;
  }
  return missing(module, parameter, newBase);
}

function locatedAt(base: Checkpoint, name: string): LocatedTensor {
  const located = base.tensors.get(name);
  if (located === undefined) throw new Error(`${name} was found and is not there`);
  return located;
}

function missing(module: string, parameter: string, base: Checkpoint): string {
  const inside = [...base.tensors.keys()].filter((name) => name.startsWith(`${module}.`));
  if (inside.some((name) => /\.(qweight|qzeros|scales|SCB|weight_format)$/.test(name)))
    return `the new base's ${module} is quantised`;
  const fused = fusedWith(module, base);
  if (fused !== undefined) return `the new base stores it fused, as ${fused}`;
  return `the new base (${base.config.architecture}) has no tensor ${module}.${parameter}`;
}

/** Architectures differ in what they fuse: q, k and v; gate and up. */
function fusedWith(module: string, base: Checkpoint): string | undefined {
  const [parent, own] = [module.slice(0, module.lastIndexOf('.')), module.slice(module.lastIndexOf('.') + 1)];
  const names = /^[qkv]_proj$/.test(own) ? ['qkv_proj', 'c_attn', 'query_key_value', 'Wqkv', 'wqkv'] : ['gate_up_proj'];
  return names.map((name) => `${parent}.${name}`).find((name) => base.tensors.has(`${name}.weight`));
}

function place(change: Change, ground: Ground, found: Found): Placed {
  const { entry } = found.located;
  const { recipe } = change;
  const refuse = (reason: string): Placed => noTarget(change, reason);
  if (!isReadable(found.located))
    return refuse(`the base's ${entry.name} is ${entry.dtype}, which is not computed with`);
  const transposed = recipe.linear && isTransposed(change.module, ground);
  if (transposed && !MAY_TRANSPOSE.has(recipe.method)) return refuse(`${recipe.method} on a Conv1D is not known here`);
  if (recipe.method === 'OFT' && entry.shape.slice(2).some((size) => size !== 1))
    return refuse(
      "PEFT's merge of an OFT on a convolution is not what it computes in training (kernels other than 1×1)",
    );
  const fitted = fit(change, entry, transposed, ground);
  if (typeof fitted === 'string') return refuse(fitted);
  const old = needsOldBase(change) ? findOld(change, fitted.shape, ground) : null;
  if (typeof old === 'object' && old !== null) return { ...noTarget(change, old.reason), kind: change.kind };
  const rules = [...change.rules, found.rule, ...(transposed ? ['transposed'] : []), ...fitted.rules];
  const part = partOf(change, {
    ...(change.optional ? { tensors: [] } : {}),
    rule: rules.join(', '),
    shape: fitted.shape,
    transposed,
    old,
    byToken: fitted.byToken,
  });
  return { module: change.module, target: found.target, source: found.located, part };
}

const MAY_TRANSPOSE = new Set(['LoRA', 'DoRA', 'AdaLoRA', 'IA³', 'VeRA', 'LoRA (block-diagonal)']);

interface Fit {
  readonly shape: readonly number[];
  readonly rules: readonly string[];
  readonly byToken: boolean;
}

/** The shape of Δ as it is stored: the target's, or with the patch's own rows where they are tokens. */
function fit(change: Change, { name, shape: stored }: TensorEntry, transposed: boolean, ground: Ground): Fit | string {
  const { recipe, module } = change;
  const wanted = transposed ? [...recipe.shape].reverse() : recipe.shape;
  const rest = stored.slice(1);
  if (isVocabularyModule(module) && stored.length <= 2 && String(wanted.slice(1)) === String(rest))
    return fitRows(change, wanted[0] ?? null, stored, ground);
  if (fits(wanted, stored) || fitsGroups(change, stored)) return { shape: stored, rules: [], byToken: false };
  return `it changes a weight of ${showShape(wanted)}, but ${name} of the new base is ${showShape(stored)}`;
}

function fitRows(change: Change, rows: number | null, stored: readonly number[], ground: Ground): Fit | string {
  const [newRows = 0, ...rest] = stored;
  const patchRows = rows ?? oldRows(change, ground) ?? newRows;
  const match = matchRows(patchRows, newRows, ground.vocabularies);
  if (typeof match === 'string') return match;
  const lost = lostTokens(change, patchRows, ground);
  if (lost !== undefined) return lost;
  return { shape: [patchRows, ...rest], rules: [match.rule], byToken: match.map !== undefined };
}

/** Tokens that the patch trained, or added to the old base, and that the new base does not have. */
function lostTokens(change: Change, patchRows: number, ground: Ground): string | undefined {
  const { recipe } = change;
  const { vocabularies } = ground;
  const known = oldRows(change, ground) ?? patchRows;
  const rows = recipe.method === 'token rows' ? recipe.rows : rowsFrom(known, patchRows);
  const beyond = rows.filter((row) => row >= known);
  if (recipe.method === 'token rows' && beyond.length > 0)
    return `it trains the rows ${beyond.slice(0, 5).join(', ')}, which the old base does not have`;
  const lost = lostRows(rows, vocabularies);
  return lost.length === 0
    ? undefined
    : `the new base does not have the tokens ${lost.join(', ')} that the patch trained`;
}

function rowsFrom(begin: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i);
}

function oldRows(change: Change, { oldBase }: Ground): number | undefined {
  const name = oldBase === null ? undefined : oldName(change, oldBase);
  return name === undefined ? undefined : oldBase?.tensors.get(name)?.entry.shape[0];
}

/** Sizes agree, null fits all, and a convolution's kernel may be flattened into the inputs. */
export function fits(wanted: readonly (number | null)[], stored: readonly number[]): boolean {
  if (wanted.length === stored.length) return wanted.every((size, i) => size === null || size === stored[i]);
  if (wanted.length !== 2 || stored.length < 3) return false;
  const [out = null, inputs = null] = wanted;
  const flat = stored.slice(1).reduce((all, size) => all * size, 1);
  // Factors of channels alone (IA³) fit any kernel.
  return (
    (out === null || out === stored[0]) &&
    (inputs === null || inputs === flat || (out === null && inputs === stored[1]))
  );
}

/** (IA)³ on a grouped convolution: a factor for every input channel, of which the weight holds those of one group. */
function fitsGroups({ recipe }: Change, [out = 0, channels = 0, ...kernel]: readonly number[]): boolean {
  const size = recipe.shape[1] ?? 0;
  if (recipe.method !== 'IA³' || recipe.over !== 'inputs' || kernel.length === 0) return false;
  return size % channels === 0 && out % (size / channels) === 0;
}

/** The tensor of the old base, null while nobody has said which that is, or why there is none. */
function findOld(change: Change, shape: readonly number[], { oldBase }: Ground): string | null | { reason: string } {
  if (oldBase === null) return null;
  const name = oldName(change, oldBase);
  const located = name === undefined ? undefined : oldBase.tensors.get(name);
  if (name === undefined || located === undefined)
    return {
      reason: `the old base (${oldBase.config.architecture}) has no tensor ${change.module}.${change.parameter}`,
    };
  const { entry } = located;
  if (!isReadable(located)) return { reason: `the old base's ${name} is ${entry.dtype}, which is not computed with` };
  if (String(entry.shape) === String(shape)) return name;
  if (isVocabularyModule(change.module) && (shape[0] ?? 0) > (entry.shape[0] ?? 0))
    return {
      reason:
        `it has ${shape[0]} rows and ${name} of the old base ${entry.shape[0]}: the patch added tokens, and their rows are ` +
        'a difference against nothing',
    };
  return { reason: `it was trained on ${showShape(shape)}, and ${name} of the old base is ${showShape(entry.shape)}` };
}

function oldName({ module, parameter }: Change, oldBase: Checkpoint): string | undefined {
  const found = candidates(`${module}.${parameter}`, (name) => oldBase.tensors.has(name));
  if (found.length === 1) return found[0]?.name;
  if (found.length > 1 || !isHead(module) || !oldBase.config.tiesEmbeddings) return undefined;
  return findHead(oldBase, `${module}.${parameter}`, 'shared')?.target;
}

/**
 * Whether a linear's weight is stored [in, out]; PEFT decides by the module's class. The architecture tells where it is
 * known, else `fan_in_fan_out`, which PEFT sets only for Conv1D. The shape never decides.
 */
function isTransposed(module: string, { newBase, fanInFanOut }: Ground): boolean {
  return hasConv1d(newBase.config.modelType) ? isConv1d(module) : fanInFanOut;
}
