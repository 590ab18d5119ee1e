import type { TaskListing } from '../../../evaluation/run/result.ts';
import type { LibraryItem, PortedModelItem } from '../../../library/item.ts';
import { isCheckpoint, isPatch } from '../../../library/lineage.ts';
import type { StepResult } from '../answers.ts';
import type { StepPosition } from '../multiStep.ts';
import type { PlannedColumn } from './columns.ts';
import type { Extra } from './request.ts';

/** What is evaluated. */
export type Subject =
  | { readonly kind: 'patch'; readonly patch: LibraryItem }
  | { readonly kind: 'model'; readonly model: LibraryItem }
  | { readonly kind: 'ported'; readonly ported: PortedModelItem }
  | { readonly kind: 'several'; readonly models: readonly LibraryItem[]; readonly patches: readonly LibraryItem[] };

/** What a person has answered so far; null is what was skipped. An answer may be given again. */
export interface Answers {
  subject?: Subject | undefined;
  newBase?: string | undefined;
  oldBase?: string | null | undefined;
  retrained?: LibraryItem | null | undefined;
  /** On a model. */
  patches?: readonly LibraryItem[] | undefined;
  /** Of patches on a model that need their old base and do not name one that is listed. */
  oldBases: Map<string, string>;
  beside?: readonly PlannedColumn[] | undefined;
  tasks: readonly string[];
  /** Files that were named by a dialog. */
  taskFiles: readonly string[];
  data: string | undefined;
  limit?: number | undefined;
  extras: readonly Extra[];
  out?: string | undefined;
}

/** What the steps need to know of the world. */
export interface World {
  readonly items: readonly LibraryItem[];
  /** What a folder is, also one that the library does not list. @throws InputError if it is nothing */
  readonly lookUp: (path: string) => Promise<LibraryItem>;
  readonly listTasks: (names: readonly string[], data: string | undefined) => Promise<TaskListing[]>;
  readonly saveDataFolder: (folder: string) => Promise<void>;
}

export type Step = (at: StepPosition, world: World, answers: Answers) => Promise<StepResult>;

/** Of what was clicked, and what was selected with it. */
export function subjectOf(clicked: readonly LibraryItem[]): Subject | undefined {
  const usable = [...new Map(clicked.map((item) => [item.path, item])).values()].filter(
    ({ problem }) => problem === undefined,
  );
  const [only, ...others] = usable;
  if (only === undefined) return undefined;
  if (others.length > 0)
    return { kind: 'several', models: usable.filter(isCheckpoint), patches: usable.filter(isPatch) };
  switch (only.kind) {
    case 'patch':
      return { kind: 'patch', patch: only };
    case 'baseModel':
      return { kind: 'model', model: only };
    case 'portedModel':
      return { kind: 'ported', ported: only };
  }
}
