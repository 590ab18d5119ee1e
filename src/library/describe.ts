import { basename } from 'node:path';
import { problemText } from '../base/errors.ts';
import { Checkpoint, mainDtype } from '../checkpoint/checkpoint.ts';
import { asksForOldBase, modulesOf, openPatch, ranksOf, type Patch } from '../patch/patch.ts';
import { isVocabularyModule } from '../port/plan/vocabularyRows.ts';
import { patchName, type Provenance } from '../port/provenance.ts';
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
    return broken(folder, kind, problemText(error));
  }
}

export function baseItem({ folder, identity, shards, config }: Checkpoint): BaseModelItem {
  const { name, revision, architecture, parameters, dtype, bytes } = identity;
  const shared = { path: folder, name, revision, architecture, parameters, dtype, bytes };
  return { kind: 'baseModel', ...shared, shards: shards.length, tiesEmbeddings: config.tiesEmbeddings };
}

export function patchItem(patch: Patch): PatchItem {
  return {
    kind: 'patch',
    path: patch.folder,
    name: basename(patch.folder),
    bytes: patch.file.header.fileBytes,
    baseName: patch.config.base_model_name_or_path ?? null,
    peftType: patch.config.peft_type ?? patch.dialect,
    modules: modulesOf(patch),
    ranks: ranksOf(patch),
    needsOldBase: asksForOldBase(patch),
    changesVocabulary: patch.changes.some(({ module }) => isVocabularyModule(module)),
    dtype: mainDtype([...patch.file.header.tensors.values()]),
  };
}

export function portedItem(folder: string, provenance: Provenance): PortedModelItem {
  const { output, patch, newBase, chain, tensors } = provenance;
  return {
    kind: 'portedModel',
    path: folder,
    name: basename(folder),
    output,
    patch: { name: patchName(provenance), path: patch.path },
    newBase: { name: newBase.name, path: newBase.path },
    chain: chain.map(({ onto: { name, path } }) => ({ name, path })),
    needsOldBase: tensors.some(({ kind }) => kind === 'absolute' || kind === 'base-relative'),
    changesVocabulary: tensors.some(({ target }) => isVocabularyModule(target.replace(/\.weight$/, ''))),
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
  const portable = { needsOldBase: false, changesVocabulary: false };
  const common = { path: folder, name: basename(folder), bytes: 0, dtype: '', problem };
  switch (kind) {
    case 'baseModel':
      return { kind, ...common, revision: null, architecture: '', parameters: 0, shards: 0, tiesEmbeddings: false };
    case 'patch':
      return { kind, ...common, ...portable, baseName: null, peftType: '', modules: 0, ranks: [] };
    case 'portedModel': {
      const unknown = { name: 'unknown', path: '' };
      return {
        kind,
        ...common,
        ...portable,
        output: 'checkpoint',
        patch: unknown,
        newBase: unknown,
        chain: [],
        parameters: 0,
      };
    }
  }
}
