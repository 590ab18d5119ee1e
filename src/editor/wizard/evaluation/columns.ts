import type { ColumnRole } from '../../../evaluation/request.ts';
import type { BaseModelItem, LibraryItem, PortedModelItem } from '../../../library/item.ts';
import { isPatch, traceLineage } from '../../../library/lineage.ts';

/** A column before it has a name: a model, with one patch on it or none. */
export interface PlannedColumn {
  readonly model: string;
  readonly patch?: string | undefined;
  /** The old base, where part of the patch is a difference against it. */
  readonly from?: string | undefined;
  readonly role?: ColumnRole | undefined;
}

/** What was answered about a patch; what was skipped is not there. */
export interface PatchQuestion {
  readonly patch: LibraryItem;
  readonly newBase: string;
  readonly oldBase?: string | undefined;
  readonly retrained?: LibraryItem | undefined;
}

/** The one listed base that a patch (listed or not) names; none where several would do. */
export function ownBase(patch: LibraryItem, items: readonly LibraryItem[]): BaseModelItem | undefined {
  const bases = traceLineage([...items, patch]).basesOf(patch);
  return bases.length === 1 ? bases[0] : undefined;
}

export function needsOldBase(item: LibraryItem): boolean {
  return item.kind !== 'baseModel' && item.needsOldBase;
}

/** The comparison of a port, in the order in which it is read. */
export function columnsOfPatch(
  { patch, newBase, oldBase, retrained }: PatchQuestion,
  items: readonly LibraryItem[],
): PlannedColumn[] {
  const from = needsOldBase(patch) ? oldBase : undefined;
  if (oldBase === newBase || ownBase(patch, items)?.path === newBase)
    return pairOf(newBase, patch, ['old base', 'old base + patch'], newBase);
  return [
    ...(oldBase === undefined ? [] : pairOf(oldBase, patch, ['old base', 'old base + patch'], oldBase)),
    ...pairOf(newBase, patch, ['new base', 'ported'], from),
    ...(retrained === undefined ? [] : [patched(newBase, retrained, 'retrained', newBase)]),
  ];
}

function pairOf(
  model: string,
  patch: LibraryItem,
  [alone, withPatch]: readonly [ColumnRole, ColumnRole],
  from: string | undefined,
): PlannedColumn[] {
  return [{ model, role: alone }, patched(model, patch, withPatch, from)];
}

function patched(
  model: string,
  patch: LibraryItem,
  role: ColumnRole | undefined,
  from: string | undefined,
): PlannedColumn {
  return { model, patch: patch.path, from: needsOldBase(patch) ? from : undefined, role };
}

/**
 * Every model alone and with every patch. What a patch's own words make of it has its role: on one model, the patch that
 * names another base is the ported one, and the patch that names this base the retrained one.
 *
 * @param oldBases of the patches that need one
 */
export function columnsOfModels(
  models: readonly string[],
  patches: readonly LibraryItem[],
  oldBases: ReadonlyMap<string, string>,
  items: readonly LibraryItem[],
): PlannedColumn[] {
  const roles = models.length === 1 ? rolesOn(models[0] ?? '', patches, items) : new Map<string, ColumnRole>();
  return models.flatMap((model) => [
    { model, role: roles.get(model) },
    ...patches.map((patch) => {
      const from = oldBases.get(patch.path) ?? ownBase(patch, items)?.path;
      return patched(model, patch, roles.get(patch.path), from);
    }),
  ]);
}

/** None where it is not plain: two patches of one kind are two candidates for one role. */
function rolesOn(
  model: string,
  patches: readonly LibraryItem[],
  items: readonly LibraryItem[],
): ReadonlyMap<string, ColumnRole> {
  const [own, foreign]: [LibraryItem[], LibraryItem[]] = [[], []];
  for (const patch of patches) {
    const base = ownBase(patch, items)?.path;
    if (base !== undefined) (base === model ? own : foreign).push(patch);
  }
  const [ported, retrained] = [foreign[0], own[0]];
  if (ported === undefined || foreign.length > 1 || own.length > 1) return new Map();
  const roles = new Map<string, ColumnRole>([
    [model, 'new base'],
    [ported.path, 'ported'],
  ]);
  if (retrained !== undefined) roles.set(retrained.path, 'retrained');
  return roles;
}

/** A column that may stand beside a ported model. */
export interface Beside {
  readonly column: PlannedColumn;
  /** What is wanted unless somebody says otherwise. */
  readonly picked: boolean;
}

/** The ported model itself: a checkpoint, or an adapter on the base that it was made for. */
export function portedColumn(item: PortedModelItem): PlannedColumn {
  const role = 'ported';
  if (item.output === 'checkpoint') return { model: item.path, role };
  return patched(item.newBase.path, item, role, item.newBase.path);
}

/** What its provenance and the library know to compare a ported model with. */
export function besidePorted(item: PortedModelItem, items: readonly LibraryItem[]): Beside[] {
  const newBase = items.find(({ path }) => path === item.newBase.path);
  const patch = items.find(({ path }) => path === item.patch.path);
  const old = patch === undefined ? undefined : ownBase(patch, items);
  const pair = patch && old ? pairOf(old.path, patch, ['old base', 'old base + patch'], old.path) : [];
  const retrained = items.filter(
    (other) => newBase !== undefined && other.problem === undefined && isRetrained(other, newBase, item, items),
  );
  return [
    ...pair.map((column) => ({ column, picked: false })),
    ...(newBase === undefined ? [] : [{ column: { model: newBase.path, role: 'new base' as const }, picked: true }]),
    ...retrained.map((other) => ({
      column: patched(item.newBase.path, other, retrained.length === 1 ? 'retrained' : undefined, item.newBase.path),
      picked: false,
    })),
  ];
}

function isRetrained(
  other: LibraryItem,
  newBase: LibraryItem,
  ported: PortedModelItem,
  items: readonly LibraryItem[],
): boolean {
  const own = isPatch(other) && other.kind === 'patch' && ownBase(other, items)?.path === newBase.path;
  return own && other.path !== ported.path && other.path !== ported.patch.path;
}
