import { basename } from 'node:path';
import { InputError } from '../base/errors.ts';
import { sha256OfFile } from '../base/hash.ts';
import { listFolder } from '../checkpoint/checkpoint.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { SafetensorsFile } from '../safetensors/file.ts';
import { CONFIG_FILE, readAdapterConfig, type AdapterConfig } from './adapterConfig.ts';
import { needsOldBase, type Change } from './change.ts';
import { readChanges } from './readers/readers.ts';
import { rankOf } from './recipe.ts';
import type { Refusal } from './refusal.ts';

export const ADAPTER_FILE = 'adapter_model.safetensors';

export interface PatchIdentity {
  readonly path: string;
  readonly name: string;
  readonly baseName: string | null;
  readonly bytes: number;
  readonly configSha256: string;
  readonly sha256: string;
}

/** An adapter folder, read as far as names, shapes and settings go. */
export interface Patch {
  readonly folder: string;
  readonly config: AdapterConfig;
  readonly file: SafetensorsFile;
  readonly names: ReadonlySet<string>;
  readonly changes: readonly Change[];
  /** Tensors that change no weight: copies of the old module, state that only matters in training. */
  readonly witnesses: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/** @throws InputError if the folder is no LoRA adapter with safetensors weights. The caller closes `file`. */
export async function openPatch(folder: string): Promise<Patch> {
  const names = await listFolder(folder);
  if (!names.has(CONFIG_FILE)) throw new InputError(`${folder} is not a patch: it has no adapter_config.json.`);
  const config = await readAdapterConfig(folder);
  if (!names.has(ADAPTER_FILE)) throw new InputError(`${folder} has no ${ADAPTER_FILE}.`, hintWithoutWeights(names));
  const file = await SafetensorsFile.open(await resolveInside(folder, ADAPTER_FILE));
  try {
    return { folder, file, names, config, ...readChanges(file, config) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The ranks that occur, ascending. */
export function ranksOf({ changes }: Patch): number[] {
  return [...new Set(changes.flatMap(({ recipe }) => rankOf(recipe) ?? []))].sort((a, b) => a - b);
}

export function modulesOf({ changes }: Patch): number {
  return new Set(changes.map(({ module }) => module)).size;
}

/** Whether part of it is a difference against the base that it was trained on. */
export function asksForOldBase({ changes }: Patch): boolean {
  return changes.some(needsOldBase);
}

/** The patch's own hash, which the provenance stands on; read through the open handle, in pieces. */
export async function identifyPatch(patch: Patch): Promise<PatchIdentity> {
  return {
    path: patch.folder,
    name: basename(patch.folder),
    baseName: patch.config.base_model_name_or_path ?? null,
    bytes: patch.file.header.fileBytes,
    configSha256: await sha256OfFile(await resolveInside(patch.folder, CONFIG_FILE)),
    sha256: await patch.file.sha256(),
  };
}

function hintWithoutWeights(names: ReadonlySet<string>): string | undefined {
  return names.has('adapter_model.bin')
    ? 'It has adapter_model.bin, a pickle, which is never opened. Load it with PEFT and save it as safetensors.'
    : undefined;
}
