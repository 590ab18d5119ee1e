import type { TensorEntry } from '../safetensors/header.ts';
import type { PatchKind, Role } from './keys.ts';
import type { Recipe } from './recipe.ts';
import type { Refusal } from './refusal.ts';

/** What a patch does to one parameter of the base, by the names of the patch. */
export interface Change {
  /** As PEFT names it, without `base_model.model.`: model.layers.0.self_attn.q_proj */
  readonly module: string;
  /** Of the module: weight, bias … */
  readonly parameter: string;
  readonly kind: Exclude<PatchKind, 'unportable'>;
  readonly recipe: Recipe;
  /** How the names of its tensors were mended. */
  readonly rules: readonly string[];
  /** The module's name has underscores for dots: only the base tells which of its modules that is. */
  readonly flattened?: true;
  /** Follows from another change where the base has such a parameter; no tensor of its own. */
  readonly optional?: true;
}

/** The tensors of a patch that belong to one module. */
export interface Group {
  readonly module: string;
  readonly entries: ReadonlyMap<Role, TensorEntry>;
  readonly rules: readonly string[];
}

export type Read = Change | Refusal;

export function refuse(tensor: string, reason: string, kind: PatchKind = 'unportable'): Refusal {
  return { tensor, kind, reason };
}

export function isRefusal(read: Read): read is Refusal {
  return 'reason' in read;
}

/** Δ of these kinds is a difference against the old base. */
export function needsOldBase({ kind }: Pick<Change, 'kind'>): boolean {
  return kind === 'base-relative' || kind === 'absolute';
}
