import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { folderError, InputError } from '../base/errors.ts';
import { Checkpoint, listFolder } from '../checkpoint/checkpoint.ts';
import { hintForUnknown } from '../checkpoint/folderHints.ts';
import type { CheckpointIdentity } from '../checkpoint/identityTypes.ts';
import { INDEX_FILE } from '../checkpoint/shards.ts';
import { openPatch, type Patch } from '../patch/patch.ts';
import type { Refusal } from '../patch/refusal.ts';
import { readProvenance } from '../port/provenanceFile.ts';
import type { Provenance } from '../port/provenance.ts';
import type { TensorEntry } from '../safetensors/header.ts';
import { openTensorFile } from '../torch/openTensorFile.ts';
import { baseItem, patchItem, portedItem } from './describe.ts';
import { kindOfFolder, type LibraryItem } from './item.ts';

export interface InspectedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What a path is, from headers and configurations alone. */
export interface Inspection {
  readonly kind: LibraryItem['kind'] | 'file';
  readonly path: string;
  readonly name: string;
  readonly item: LibraryItem | null;
  readonly identity: CheckpointIdentity | null;
  readonly tensors: readonly InspectedTensor[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  readonly provenance: Provenance | null;
}

/** @throws InputError if the path is nothing that can be read */
export async function inspect(path: string): Promise<Inspection> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (error: unknown) => {
      throw folderError(error, path);
    },
  );
  if (!isFolder) return inspectFile(path);
  const names = await listFolder(path);
  const kind = kindOfFolder(names);
  if (kind === undefined)
    throw new InputError(`${path} is neither a model nor a patch.`, hintForUnknown(names, INDEX_FILE));
  switch (kind) {
    case 'baseModel': {
      await using checkpoint = await Checkpoint.open(path);
      return inspection(path, baseItem(checkpoint), checkpointDetails(checkpoint));
    }
    case 'patch': {
      const patch = await openAndClose(path);
      return inspection(path, patchItem(patch), patchDetails(patch));
    }
    case 'portedModel':
      return inspectPorted(path);
  }
}

async function inspectPorted(path: string): Promise<Inspection> {
  const provenance = await readProvenance(path);
  const item = portedItem(path, provenance);
  if (provenance.output === 'adapter')
    return inspection(path, item, { ...patchDetails(await openAndClose(path)), provenance });
  await using checkpoint = await Checkpoint.open(path);
  return inspection(path, item, { ...checkpointDetails(checkpoint), provenance });
}

function inspection(path: string, item: LibraryItem, details: Partial<Inspection>): Inspection {
  return { ...EMPTY, kind: item.kind, path, name: item.name, item, ...details };
}

const EMPTY = { identity: null, tensors: [], refusals: [], warnings: [], provenance: null, item: null };

async function inspectFile(path: string): Promise<Inspection> {
  await using file = await openTensorFile(path);
  return { ...EMPTY, kind: 'file', path, name: basename(path), tensors: plain(file.header.tensors.values()) };
}

async function openAndClose(folder: string): Promise<Patch> {
  const patch = await openPatch(folder);
  await patch.file.close();
  return patch;
}

function patchDetails({ file, refusals, warnings }: Patch): Partial<Inspection> {
  return { tensors: plain(file.header.tensors.values()), refusals, warnings };
}

function checkpointDetails({ tensors, identity }: Checkpoint): Partial<Inspection> {
  return { tensors: plain([...tensors.values()].map(({ entry }) => entry)), identity };
}

function plain(entries: Iterable<TensorEntry>): InspectedTensor[] {
  return [...entries].map(({ name, dtype, shape }) => ({ name, dtype, shape }));
}
