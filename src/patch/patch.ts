import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { folderError, InputError } from '../base/errors.ts';
import { sha256OfFile } from '../base/hash.ts';
import { listFolder } from '../checkpoint/checkpoint.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { assertEmptyAreSmall } from '../safetensors/emptyTensors.ts';
import type { TensorFile } from '../safetensors/file.ts';
import { openTensorFile } from '../torch/openTensorFile.ts';
import { CONFIG_FILE, isMlx, readAdapterConfig, type AdapterConfig } from './adapterConfig.ts';
import { needsOldBase, type Change } from './change.ts';
import { DELTA_FILE, readDelta } from './readers/delta.ts';
import { isKohya, readKohya } from './readers/kohya.ts';
import { readMlx } from './readers/mlx.ts';
import { readChanges, readDialect } from './readers/readers.ts';
import { rankOf } from './recipe.ts';
import type { Refusal } from './refusal.ts';

export const ADAPTER_FILE = 'adapter_model.safetensors';
const PICKLED_FILE = 'adapter_model.bin';

/** Who wrote it, and so how its tensors are to be read. */
export type Dialect = 'PEFT' | 'MLX' | 'kohya' | 'full delta';

export interface PatchIdentity {
  readonly path: string;
  readonly name: string;
  readonly baseName: string | null;
  readonly bytes: number;
  /** Null where the patch is a single file, or has no configuration. */
  readonly configSha256: string | null;
  readonly sha256: string;
}

/** A patch, read as far as names, shapes and settings go. `folder` is a file where the patch is one. */
export interface Patch {
  readonly folder: string;
  readonly dialect: Dialect;
  readonly config: AdapterConfig;
  readonly file: TensorFile;
  readonly names: ReadonlySet<string>;
  readonly changes: readonly Change[];
  /** Tensors that change no weight: copies of the old module, state that only matters in training. */
  readonly witnesses: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/**
 * Opens an adapter folder of PEFT or MLX-LM, a folder that holds a full delta, or a single file of kohya's. The caller closes
 * `file`.
 *
 * @throws InputError if it is none of these
 */
export async function openPatch(path: string): Promise<Patch> {
  if (await isFile(path)) return openSingleFile(path);
  const names = await listFolder(path);
  if (names.has(DELTA_FILE)) return openFullDelta(path, names);
  if (!names.has(CONFIG_FILE))
    throw new InputError(`${path} is not a patch: it has no adapter_config.json.`, hintWithoutConfig(names));
  const config = await readAdapterConfig(path);
  const mlx = isMlx(config);
  const weights = weightFiles(mlx).find((name) => names.has(name));
  if (weights === undefined)
    throw new InputError(`${path} has no ${weightFiles(mlx).join(' and no ')}.`, 'Complete the download.');
  const file = await openTensorFile(await resolveInside(path, weights));
  return closing(file, () => {
    const tensors = file.header.tensors.values();
    const read = mlx ? readDialect(readMlx(tensors, config)) : readChanges(file, config);
    const dialect = mlx ? 'MLX' : 'PEFT';
    const warnings = [...read.warnings, ...staleTwin(names, weights)];
    return Promise.resolve({ folder: path, file, names, config, dialect, ...read, warnings });
  });
}

function hintWithoutConfig(names: ReadonlySet<string>): string {
  if (names.has('config.json')) return 'It is a model; `portllm extract` makes a patch of a fine-tuned one.';
  const saved = [...names].find((name) => /^checkpoint-\d+$/.test(name));
  if (saved !== undefined) return `Choose one of the folders in it, such as ${saved}.`;
  if ([...names].some((name) => name.endsWith('.safetensors')))
    return 'Fetch adapter_config.json too. A LoRA of kohya is chosen by its file, not by its folder.';
  return 'Choose the folder that holds adapter_config.json and adapter_model.safetensors.';
}

function weightFiles(mlx: boolean): string[] {
  return mlx ? ['adapters.safetensors', ADAPTER_FILE] : [ADAPTER_FILE, PICKLED_FILE];
}

/** PEFT reads the safetensors; the other may be of another day. */
function staleTwin(names: ReadonlySet<string>, read: string): string[] {
  if (read === PICKLED_FILE)
    return [`The weights are a pickle (${PICKLED_FILE}); it is read as data and nothing in it is executed.`];
  return names.has(PICKLED_FILE) ? [`${PICKLED_FILE} lies beside ${read} and is not read; the two may differ.`] : [];
}

async function openSingleFile(path: string): Promise<Patch> {
  const file = await openTensorFile(path);
  return closing(file, async () => {
    if (!isKohya(file.header.tensors.keys()))
      throw new InputError(
        `${path} is one file, and not of kohya's naming.`,
        'Choose the adapter folder, which holds adapter_config.json too: without it the scale is unknown.',
      );
    const read = readDialect(await readKohya(file));
    return { folder: path, file, names: new Set<string>(), config: {}, dialect: 'kohya', ...read };
  });
}

async function openFullDelta(folder: string, names: ReadonlySet<string>): Promise<Patch> {
  const file = await openTensorFile(await resolveInside(folder, DELTA_FILE));
  return closing(file, () => {
    const read = readDialect(readDelta(file.header.tensors.values()));
    const { metadata } = file.header;
    const config = {
      base_model_name_or_path: metadata.get('base_model') ?? null,
      ensure_weight_tying: metadata.get('tied') === 'true',
    };
    return Promise.resolve({ folder, file, names, config, dialect: 'full delta', ...read });
  });
}

async function closing(file: TensorFile, read: () => Promise<Patch>): Promise<Patch> {
  try {
    assertEmptyAreSmall(file);
    return await read();
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    (error: unknown) => {
      throw folderError(error, path);
    },
  );
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
export async function identifyPatch(patch: Patch, sha256?: string): Promise<PatchIdentity> {
  return {
    path: patch.folder,
    name: basename(patch.folder),
    baseName: patch.config.base_model_name_or_path ?? null,
    bytes: patch.file.header.fileBytes,
    configSha256: patch.names.has(CONFIG_FILE)
      ? await sha256OfFile(await resolveInside(patch.folder, CONFIG_FILE))
      : null,
    sha256: sha256 ?? (await patch.file.sha256()),
  };
}
