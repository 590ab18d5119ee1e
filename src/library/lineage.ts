import type { BaseModelItem, LibraryItem, PatchItem, PortedModelItem } from './item.ts';

/** What can be ported: a patch, or an adapter that was ported before. */
type PatchLike = PatchItem | PortedModelItem;

/** Which patches and base models of a library belong together, worked out once for each scan. */
export interface Lineage {
  readonly basesOf: (patch: LibraryItem) => readonly BaseModelItem[];
  readonly patchesOf: (base: BaseModelItem) => readonly PatchItem[];
}

/**
 * A patch belongs to the base models that it names: the same path or name, else the same last part of the name,
 * whatever the case. A name proves nothing; this is for showing, never for deciding whether a patch fits.
 */
export function traceLineage(items: readonly LibraryItem[]): Lineage {
  const bases = items.filter((item): item is BaseModelItem => item.kind === 'baseModel');
  const exact = groupBy(bases, ({ path, name }) => (path === name ? [path] : [path, name]));
  const similar = groupBy(bases, ({ name }) => [lastPart(name)]);
  const basesByPatch = new Map<string, readonly BaseModelItem[]>();
  for (const item of items) {
    const name = item.kind === 'patch' ? item.baseName : isPatch(item) ? item.newBase.path : null;
    if (name !== null && name !== '') basesByPatch.set(item.path, exact.get(name) ?? similar.get(lastPart(name)) ?? []);
  }
  const patches = items.filter((item): item is PatchItem => item.kind === 'patch');
  const patchesByBase = groupBy(patches, ({ path }) => (basesByPatch.get(path) ?? []).map((base) => base.path));
  return {
    basesOf: ({ path }) => basesByPatch.get(path) ?? [],
    patchesOf: ({ path }) => patchesByBase.get(path) ?? [],
  };
}

function groupBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items)
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
  return groups;
}

/** Of a hub's name, a path, or a Windows path. */
function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).toLowerCase();
}

/** A ported adapter is a patch again. */
export function isPatch(item: LibraryItem): item is PatchLike {
  return item.kind === 'patch' || (item.kind === 'portedModel' && item.output === 'adapter');
}

/** A ported checkpoint is a checkpoint too: patches can be added one after the other. */
export function isCheckpoint(item: LibraryItem): boolean {
  return item.kind === 'baseModel' || (item.kind === 'portedModel' && item.output === 'checkpoint');
}
