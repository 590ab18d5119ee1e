import { readdir, realpath } from 'node:fs/promises';
import { folderError, InputError } from '../base/errors.ts';
import { brief } from '../base/quote.ts';
import { isFloatDtype } from '../safetensors/dtypes.ts';
import { assertEmptyAreSmall } from '../safetensors/emptyTensors.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { TensorEntry } from '../safetensors/header.ts';
import { elements } from '../safetensors/shape.ts';
import { openTensorFile } from '../torch/openTensorFile.ts';
import { readConfig, type ModelConfig } from './config.ts';
import { SCALE_SUFFIX, type BlockScale } from './float8.ts';
import { checkpointName, fileIdentity } from './identity.ts';
import { hintWithoutConfig } from './folderHints.ts';
import type { CheckpointIdentity } from './identityTypes.ts';
import { listShards, resolveInside } from './shards.ts';

/** One weight file of a checkpoint, by its name in the folder. */
export interface Shard {
  readonly name: string;
  readonly file: TensorFile;
}

export interface LocatedTensor {
  readonly entry: TensorEntry;
  readonly shard: Shard;
  /** What an FP8 weight is multiplied with, block by block. */
  readonly scale?: BlockScale;
}

/** An open checkpoint: config, headers of every shard, and where each tensor lies. Weights are not read. */
export class Checkpoint {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly shards: readonly Shard[];
  readonly tensors: ReadonlyMap<string, LocatedTensor>;
  /** All names in the folder. */
  readonly names: ReadonlySet<string>;
  /** The name of the index, where the weights are in several files. */
  readonly indexFile: string | undefined;
  readonly identity: CheckpointIdentity;

  private constructor(fields: Omit<Checkpoint, 'close' | typeof Symbol.asyncDispose>) {
    this.folder = fields.folder;
    this.config = fields.config;
    this.shards = fields.shards;
    this.tensors = fields.tensors;
    this.names = fields.names;
    this.indexFile = fields.indexFile;
    this.identity = fields.identity;
  }

  /** @throws InputError if the folder is not a complete checkpoint in Hugging Face layout */
  static async open(folder: string): Promise<Checkpoint> {
    const names = await listFolder(folder);
    if (!names.has('config.json'))
      throw new InputError(`${folder} is no model: it has no config.json.`, hintWithoutConfig(names));
    const config = await readConfig(folder);
    const list = await listShards(folder, names);
    const shards: Shard[] = [];
    try {
      for (const name of list.files)
        shards.push({ name, file: await openTensorFile(await resolveInside(folder, name)) });
      for (const { file } of shards) assertEmptyAreSmall(file);
      const tensors = withScales(locate(folder, shards, list.promised), config.float8Block);
      const identity = await identify(folder, config, shards, tensors);
      return new Checkpoint({ folder, config, shards, tensors, names, indexFile: list.index, identity });
    } catch (error) {
      await Promise.all(shards.map(({ file }) => file.close()));
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map(({ file }) => file.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** @throws InputError if the folder cannot be read */
export async function listFolder(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    throw folderError(error, folder);
  }
}

function locate(
  folder: string,
  shards: readonly Shard[],
  promised: ReadonlyMap<string, string> | undefined,
): Map<string, LocatedTensor> {
  const tensors = new Map<string, LocatedTensor>();
  for (const shard of shards)
    for (const entry of shard.file.header.tensors.values()) {
      const other = tensors.get(entry.name);
      if (other)
        throw new InputError(
          `${folder}: tensor "${brief(entry.name)}" is in ${other.shard.name} and in ${shard.name}.`,
          'Are files of two downloads mixed in this folder?',
        );
      tensors.set(entry.name, { entry, shard });
    }
  for (const [name, file] of promised ?? [])
    if (tensors.get(name)?.shard.name !== file)
      throw new InputError(
        `${folder}: the index places tensor "${brief(name)}" in ${brief(file)}, which does not hold it.`,
        'The index and the files are of different downloads: fetch both again.',
      );
  return tensors;
}

/** Joins FP8 weights with their scales. */
function withScales(
  tensors: Map<string, LocatedTensor>,
  block: ModelConfig['float8Block'],
): Map<string, LocatedTensor> {
  if (block === undefined) return tensors;
  for (const [name, tensor] of tensors) {
    const located = tensors.get(name + SCALE_SUFFIX);
    if (tensor.entry.dtype !== 'F8_E4M3' || !located || !isFloatDtype(located.entry.dtype)) continue;
    if (String(located.entry.shape) === String(scaleShape(tensor.entry.shape, block)))
      tensors.set(name, { ...tensor, scale: { located, block } });
  }
  return tensors;
}

/** One scale for each block; undefined for what is no matrix. */
function scaleShape(shape: readonly number[], block: readonly [number, number]): number[] | undefined {
  const [rows, columns, ...more] = shape;
  if (rows === undefined || columns === undefined || more.length > 0) return undefined;
  return [Math.ceil(rows / block[0]), Math.ceil(columns / block[1])];
}

async function identify(
  folder: string,
  config: ModelConfig,
  shards: readonly Shard[],
  tensors: ReadonlyMap<string, LocatedTensor>,
): Promise<CheckpointIdentity> {
  const entries = [...tensors.values()].map(({ entry }) => entry);
  const path = await realpath(folder);
  return {
    path,
    ...checkpointName(path),
    architecture: config.architecture,
    parameters: entries.reduce((sum, { shape }) => sum + elements(shape), 0),
    dtype: mainDtype(entries),
    bytes: shards.reduce((sum, { file }) => sum + file.header.fileBytes, 0),
    configSha256: config.sha256,
    files: shards.map(({ name, file }) => fileIdentity(name, file)),
  };
}

/** Bytes of the tensors themselves, without headers. */
export function sumBytes(tensors: Iterable<LocatedTensor>): number {
  let bytes = 0;
  for (const { entry } of tensors) bytes += entry.end - entry.begin;
  return bytes;
}

/** The dtype that most bytes have. */
export function mainDtype(entries: readonly TensorEntry[]): string {
  const bytes = new Map<string, number>();
  for (const { dtype, begin, end } of entries) bytes.set(dtype, (bytes.get(dtype) ?? 0) + end - begin);
  return [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'none';
}
