import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { InputError, readError } from '../base/errors.ts';
import { isPlainName, isWithin } from '../base/inside.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { brief } from '../base/quote.ts';
import { hintWithoutWeights } from './folderHints.ts';

const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
const PICKLED_FILE = 'pytorch_model.bin';
const PICKLED_INDEX = 'pytorch_model.bin.index.json';

/** Checked entry by entry: zod would take seconds for a hundred thousand tensors. */
const WEIGHT_MAP = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'it is no table of tensors and files',
);
const INDEX = z.looseObject({ weight_map: WEIGHT_MAP });

/** Which files hold the weights; with an index, which tensor it promises in which file. */
export interface ShardList {
  readonly files: readonly string[];
  readonly index: string | undefined;
  readonly promised: ReadonlyMap<string, string> | undefined;
}

/**
 * @param names the files of the folder
 * @throws InputError if there are no weights, or the index names a file that is not a plain name in the folder
 */
export async function listShards(folder: string, names: ReadonlySet<string>): Promise<ShardList> {
  // In transformers' order: the single file first.
  for (const [single, index] of [
    [SINGLE_FILE, INDEX_FILE],
    [PICKLED_FILE, PICKLED_INDEX],
  ] as const) {
    if (names.has(single)) return { files: [single], index: undefined, promised: undefined };
    if (names.has(index)) return readIndex(folder, index, names);
  }
  throw new InputError(
    `${folder} holds no ${SINGLE_FILE} and no ${INDEX_FILE}.`,
    hintWithoutWeights(names, INDEX_FILE),
  );
}

async function readIndex(folder: string, index: string, names: ReadonlySet<string>): Promise<ShardList> {
  const path = join(folder, index);
  const { weight_map: map } = await readJsonFile(await resolveInside(folder, index), INDEX, path);
  const promised = new Map<string, string>();
  for (const tensor of Object.keys(map)) {
    const file = map[tensor];
    if (typeof file !== 'string') throw new InputError(`${path}: the file of tensor "${brief(tensor)}" is not a text.`);
    promised.set(tensor, file);
  }
  const files = [...new Set(promised.values())].sort();
  if (files.length === 0) throw new InputError(`${path} names no tensors.`);
  for (const file of files) {
    if (!isPlainName(file)) throw new InputError(`${path} names a file outside the folder: "${brief(file)}".`);
    if (!names.has(file))
      throw new InputError(`${path} names ${brief(file)}, which is missing.`, 'Complete the download.');
  }
  return { files, index, promised };
}

/**
 * The real path of a file of a chosen folder. Links may lead to the folder itself or, in the Hugging Face cache, to
 * the blobs beside the snapshots; nowhere else.
 *
 * @throws InputError if the file is missing or leads elsewhere
 */
export async function resolveInside(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  try {
    const target = await realpath(path);
    // Without a link on the way; most are so, and a library has thousands.
    if (target === path && dirname(path) === folder) return target;
    const root = await realpath(folder);
    if (isWithin(cacheRepository(root) ?? root, target)) return target;
    throw new InputError(
      `${path} is a link that leads out of the folder, to ${target}.`,
      'Choose the folder it leads to.',
    );
  } catch (error) {
    throw readError(error, path);
  }
}

/** `…/models--org--name` for a folder `…/models--org--name/snapshots/<commit>`. */
export function cacheRepository(folder: string): string | undefined {
  const snapshots = dirname(folder);
  const repository = dirname(snapshots);
  return basename(snapshots) === 'snapshots' && basename(repository).startsWith('models--') ? repository : undefined;
}
