import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { Change } from '../../patch/change.ts';
import { tensorsOf } from '../../patch/recipe.ts';
import type { Refusal } from '../../patch/refusal.ts';
import type { PlanPart, TiedChoice } from './planTypes.ts';
import type { Vocabularies } from './vocabularyRows.ts';

/** What targets are found in. */
export interface Ground {
  readonly newBase: Checkpoint;
  readonly oldBase: Checkpoint | null;
  readonly vocabularies: Vocabularies;
  readonly tied: TiedChoice;
  /** PEFT kept head and embedding tied in training. */
  readonly ensured: boolean;
  readonly fanInFanOut: boolean;
  /** The new base is quantised and only an adapter is written: shapes cannot be compared. */
  readonly unseen: boolean;
}

/** A part that found its place: added to `target`, which starts as `source` of the new base. */
export interface Placement {
  readonly module: string;
  readonly target: string;
  readonly source: LocatedTensor;
  readonly part: PlanPart;
  /** Where it cannot be read off the source, because that is packed. */
  readonly shape?: readonly number[];
}

export type Placed = Placement | Refusal;

export function isPlacement(placed: Placed): placed is Placement {
  return 'part' in placed;
}

/** A part of a change, as it is unless its place asks for more: from the first row on, neither turned nor moved. */
export function partOf(
  { kind, recipe }: Pick<Change, 'kind' | 'recipe'>,
  place: Pick<PlanPart, 'rule' | 'shape'> & Partial<PlanPart>,
): PlanPart {
  const tensors = tensorsOf(recipe);
  return { kind, recipe, tensors, transposed: false, begin: 0, old: null, byToken: false, copies: [], ...place };
}

export function noTarget({ recipe }: Change, reason: string): Refusal {
  return { tensor: Object.values(recipe.tensors)[0] ?? '', kind: 'no target', reason };
}

export function showShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? 'any').join(', ')}]`;
}
