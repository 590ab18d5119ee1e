import { basename } from 'node:path';
import type { BaseModelItem, LibraryItem, PatchItem } from './item.ts';

/**
 * The base models that a patch names: the same path, or the same last part of the name, whatever the case. A name
 * proves nothing; this is for showing what belongs together, never for deciding whether a patch fits.
 */
export function basesOf(patch: PatchItem, items: readonly LibraryItem[]): BaseModelItem[] {
  const name = patch.baseName;
  if (name === null || name === '') return [];
  const bases = items.filter((item): item is BaseModelItem => item.kind === 'baseModel');
  const same = bases.filter(({ path, name: own }) => path === name || own === name);
  return same.length > 0 ? same : bases.filter(({ name: own }) => lastPart(own) === lastPart(name));
}

export function patchesOf(base: BaseModelItem, items: readonly LibraryItem[]): PatchItem[] {
  return items.filter((item): item is PatchItem => item.kind === 'patch' && basesOf(item, items).includes(base));
}

function lastPart(name: string): string {
  return basename(name.replaceAll('\\', '/')).toLowerCase();
}
