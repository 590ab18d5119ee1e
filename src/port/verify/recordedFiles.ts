import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../base/abort.ts';
import { CancelledError, InputError } from '../../base/errors.ts';
import { sha256OfFile } from '../../base/hash.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import { TensorFile } from '../../safetensors/file.ts';
import type { RecordedFile } from '../provenance.ts';

/**
 * What an output's files are now.
 *
 * @param without files that are not recorded
 * @param headers of shards, by name: these are covered tensor by tensor and by the header that was written
 * @param hashes of files that were hashed as they were written
 */
export async function recordFiles(
  folder: string,
  without: readonly string[],
  headers: ReadonlyMap<string, string> = new Map(),
  hashes: ReadonlyMap<string, string> = new Map(),
): Promise<RecordedFile[]> {
  const names = (await readdir(folder)).filter((name) => !without.includes(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { size: bytes } = await stat(path);
      const headerSha256 = headers.get(name) ?? null;
      return {
        name,
        bytes,
        sha256: headerSha256 === null ? (hashes.get(name) ?? (await sha256OfFile(path))) : null,
        headerSha256,
      };
    }),
  );
}

/** @returns what is not as it was recorded, in words */
export async function compareFiles(
  folder: string,
  files: readonly RecordedFile[],
  without: readonly string[],
  signal: AbortSignal,
  readBack: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const problems = await strangers(folder, [...without, ...files.map(({ name }) => name)]);
  for (const file of files)
    problems.push(...(await compareFile(folder, file, readBack.has(file.name) && file.sha256 !== null, signal)));
  return problems;
}

/** A file that nobody recorded may change what is loaded: an adapter_config.json, a modeling_….py. */
async function strangers(folder: string, recorded: readonly string[]): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !recorded.includes(name));
  return names.map((name) => `${name} is not part of the output.`);
}

async function compareFile(
  folder: string,
  { name, bytes, sha256, headerSha256 }: RecordedFile,
  isRead: boolean,
  signal: AbortSignal,
): Promise<string[]> {
  throwIfCancelled(signal);
  try {
    const path = await resolveInside(folder, name);
    const stats = await stat(path);
    if (!stats.isFile() || stats.size !== bytes) return [`${name} is not as it was written.`];
    if (isRead) return [];
    const same = sha256 === null ? await hasHeader(path, headerSha256) : (await sha256OfFile(path, signal)) === sha256;
    return same ? [] : [`${name} is not as it was written.`];
  } catch (error) {
    if (signal.aborted) throw new CancelledError();
    if (error instanceof InputError) return [error.message];
    throw error;
  }
}

/** A shard's header: dtypes, shapes and metadata; its tensors are compared one by one. */
async function hasHeader(path: string, headerSha256: string | null): Promise<boolean> {
  await using shard = await TensorFile.open(path);
  return shard.headerSha256 === headerSha256;
}
