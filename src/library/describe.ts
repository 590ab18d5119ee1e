import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import { Checkpoint, mainDtype } from '../checkpoint/checkpoint.ts';
import { modulesOf, openPatch, ranksOf, type Patch } from '../patch/patch.ts';
import type { Provenance } from '../port/provenance.ts';
import { readProvenance } from '../port/provenanceFile.ts';
import type { BaseModelItem, ItemKind, LibraryItem, PatchItem, PortedModelItem } from './item.ts';

/** Reads headers and configurations of one folder. @throws InputError if it cannot be used */
async function describe(folder: string, kind: ItemKind): Promise<LibraryItem> {
  switch (kind) {
    case 'baseModel': {
      await using checkpoint = await Checkpoint.open(folder);
      return baseItem(checkpoint);
    }
    case 'patch': {
      const patch = await openPatch(folder);
      await patch.file.close();
      return patchItem(patch);
    }
    case 'portedModel':
      return portedItem(folder, await readProvenance(folder));
  }
}

/** Like `describe`, but a folder that cannot be used is listed with its problem. */
export async function describeOrProblem(folder: string, kind: ItemKind): Promise<LibraryItem> {
  try {
    return await describe(folder, kind);
  } catch (error) {
    const problem = error instanceof UserError ? error.message : String(error);
    return broken(folder, kind, problem);
  }
}

export function baseItem({ folder, identity, shards }: Checkpoint): BaseModelItem {
  const { name, revision, architecture, parameters, dtype, bytes } = identity;
  const shared = { path: folder, name, revision, architecture, parameters, dtype, bytes };
  return { kind: 'baseModel', ...shared, shards: shards.length };
}

export function patchItem(patch: Patch): PatchItem {
  return {
    kind: 'patch',
    path: patch.folder,
    name: basename(patch.folder),
    bytes: patch.file.header.fileBytes,
    baseName: patch.config.base_model_name_or_path ?? null,
    peftType: patch.config.peft_type ?? 'LORA',
    modules: modulesOf(patch),
    ranks: ranksOf(patch),
    dtype: mainDtype([...patch.file.header.tensors.values()]),
  };
}

export function portedItem(folder: string, { output, patch, newBase }: Provenance): PortedModelItem {
  return {
    kind: 'portedModel',
    path: folder,
    name: basename(folder),
    output,
    patch: { name: patch.name, path: patch.path },
    newBase: { name: newBase.name, path: newBase.path },
    parameters: newBase.parameters,
    dtype: newBase.dtype,
    bytes: output === 'adapter' ? patch.bytes : newBase.bytes,
  };
}

/** A folder that nobody looked into any more. */
export function unread(folder: string, kind: ItemKind): LibraryItem {
  return broken(folder, kind, 'not read');
}

function broken(folder: string, kind: ItemKind, problem: string): LibraryItem {
  const common = { path: folder, name: basename(folder), bytes: 0, dtype: '', problem };
  switch (kind) {
    case 'baseModel':
      return { kind, ...common, revision: null, architecture: '', parameters: 0, shards: 0 };
    case 'patch':
      return { kind, ...common, baseName: null, peftType: '', modules: 0, ranks: [] };
    case 'portedModel': {
      const unknown = { name: 'unknown', path: '' };
      return { kind, ...common, output: 'checkpoint', patch: unknown, newBase: unknown, parameters: 0 };
    }
  }
}
