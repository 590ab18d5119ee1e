import { basename, dirname } from 'node:path';
import pLimit, { type LimitFunction } from 'p-limit';
import { problemText, UserError } from '../../base/errors.ts';
import { plural } from '../../base/format.ts';
import { isPlainName } from '../../base/inside.ts';
import { brief } from '../../base/quote.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import { TensorFile } from '../../safetensors/file.ts';
import type { Header, TensorEntry } from '../../safetensors/header.ts';
import { elements } from '../../safetensors/shape.ts';
import { readIndex } from './readIndex.ts';
import type { GlanceFile, GlanceTensor } from './types.ts';

const CONCURRENCY = 16;
/** Names that a warning lists. */
const LISTED = 3;
/** As many as the largest models have: each gets a warning of its own. */
const LISTED_FILES = 200;

export interface OpenedFiles {
  readonly kind: 'file' | 'index';
  readonly tensors: readonly GlanceTensor[];
  readonly files: readonly GlanceFile[];
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly warnings: readonly string[];
}

/** One safetensors file. @throws InputError if it is not of the format */
export async function openFile(path: string): Promise<OpenedFiles> {
  await using file = await TensorFile.open(path);
  const name = basename(path);
  const tensors = tensorsOf(file.header, name);
  const files = [{ name, tensors: tensors.length, bytes: file.header.fileBytes, problem: null }];
  return { kind: 'file', tensors, files, metadata: [...file.header.metadata], warnings: [] };
}

/** An index and all of its files that can be read. @throws InputError if the index itself cannot */
export async function openIndex(path: string, names: ReadonlySet<string>): Promise<OpenedFiles> {
  const { promised, metadata, totalBytes } = await readIndex(path);
  const byFile = namesByFile(promised);
  const limit = pLimit(CONCURRENCY);
  const fileNames = [...byFile.keys()].sort();
  const shards = await Promise.all(fileNames.map((name) => openShard(dirname(path), name, names, limit)));
  const found = shards.flatMap(({ tensors }) => tensors);
  const missing = shards
    .filter(({ problem }) => problem !== null)
    .flatMap(({ name: file }) => (byFile.get(file) ?? []).map((name) => unread(name, file)));
  const bytes = found.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const isWhole = shards.every(({ problem }) => problem === null);
  return {
    kind: 'index',
    tensors: [...found, ...missing],
    files: shards.map(({ name, tensors, bytes: size, problem }) => ({
      name,
      tensors: tensors.length,
      bytes: size,
      problem,
    })),
    metadata: [...metadata, ...metadataOf(shards)],
    warnings: [
      ...(promised.size === 0 ? ['The index names no tensors.'] : []),
      ...unreadShards(shards, byFile),
      ...disagreements(byFile, shards),
      ...(isWhole && totalBytes !== null && totalBytes !== bytes
        ? [`The index says that its tensors have ${totalBytes} bytes; those of the files have ${bytes}.`]
        : []),
    ],
  };
}

interface Shard {
  readonly name: string;
  readonly tensors: readonly GlanceTensor[];
  readonly bytes: number;
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly problem: string | null;
}

async function openShard(
  folder: string,
  name: string,
  names: ReadonlySet<string>,
  limit: LimitFunction,
): Promise<Shard> {
  const unreadable = (problem: string): Shard => ({ name, tensors: [], bytes: 0, metadata: [], problem });
  if (!isPlainName(name)) return unreadable('lies outside the folder and is not read.');
  if (!names.has(name)) return unreadable('is missing. Complete the download.');
  try {
    return await limit(() => readShard(folder, name));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return unreadable(`cannot be read. ${problemText(error)}`);
  }
}

async function readShard(folder: string, name: string): Promise<Shard> {
  await using file = await TensorFile.open(await resolveInside(folder, name));
  const { header } = file;
  return {
    name,
    tensors: tensorsOf(header, name),
    bytes: header.fileBytes,
    metadata: [...header.metadata],
    problem: null,
  };
}

function tensorsOf({ tensors }: Header, file: string): GlanceTensor[] {
  return [...tensors.values()].map((entry: TensorEntry) => ({
    name: entry.name,
    dtype: entry.dtype,
    shape: entry.shape,
    parameters: elements(entry.shape),
    bytes: entry.end - entry.begin,
    file,
  }));
}

function unread(name: string, file: string): GlanceTensor {
  return { name, dtype: null, shape: null, parameters: 0, bytes: 0, file };
}

/** Most often all files say the same ("format: pt"). */
function metadataOf(shards: readonly Shard[]): (readonly [key: string, value: string])[] {
  const pairs = new Map(shards.flatMap(({ metadata }) => metadata.map((pair) => [pair.join('\0'), pair] as const)));
  return [...pairs.values()];
}

function unreadShards(shards: readonly Shard[], byFile: NamesByFile): string[] {
  const unread = shards.filter(({ problem }) => problem !== null);
  const lines = unread.slice(0, LISTED_FILES).map(({ name, problem }) => {
    const tensors = plural(byFile.get(name)?.length ?? 0, 'tensor');
    return `${brief(name)} (${tensors} of the index) ${problem ?? ''}`;
  });
  const more = unread.length - lines.length;
  return more > 0 ? [...lines, `${plural(more, 'more file')} of the index cannot be read.`] : lines;
}

/** What the files hold against what the index says of them. */
function disagreements(byFile: NamesByFile, shards: readonly Shard[]): string[] {
  const warnings: string[] = [];
  const holders = new Set<string>();
  const twice: string[] = [];
  for (const { name: file, tensors, problem } of shards) {
    const held = new Set(tensors.map(({ name }) => name));
    for (const name of held) {
      if (holders.has(name)) twice.push(name);
      holders.add(name);
    }
    const promised = byFile.get(file) ?? [];
    const known = new Set(promised);
    const lacking = promised.filter((name) => !held.has(name));
    const unnamed = [...held].filter((name) => !known.has(name));
    if (problem === null && lacking.length > 0)
      warnings.push(`${brief(file)} does not hold ${list(lacking)}, which the index promises there.`);
    if (unnamed.length > 0)
      warnings.push(`${brief(file)} holds ${list(unnamed)}, which the index does not name there.`);
  }
  if (twice.length > 0) warnings.push(`More than one file holds ${list(twice)}.`);
  return warnings;
}

type NamesByFile = ReadonlyMap<string, readonly string[]>;

function namesByFile(promised: ReadonlyMap<string, string>): NamesByFile {
  const byFile = new Map<string, string[]>();
  for (const [name, file] of promised) {
    const names = byFile.get(file);
    if (names === undefined) byFile.set(file, [name]);
    else names.push(name);
  }
  return byFile;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => `"${brief(name)}"`);
  const more = names.length - shown.length;
  return `${plural(names.length, 'tensor')} (${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}
