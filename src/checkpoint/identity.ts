import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SafetensorsFile } from '../safetensors/file.ts';
import { cacheRepository } from './shards.ts';

/** A weight file as it was found; the content's hash only where the Hugging Face cache names it. */
export interface FileIdentity {
  readonly name: string;
  readonly bytes: number;
  readonly headerSha256: string;
  readonly sha256: string | null;
}

/** Which checkpoint this is, without reading its weights. */
export interface CheckpointIdentity {
  readonly path: string;
  /** `org/name` in the Hugging Face cache, else the folder's name. */
  readonly name: string;
  readonly revision: string | null;
  readonly architecture: string;
  readonly parameters: number;
  readonly dtype: string;
  readonly bytes: number;
  readonly configSha256: string;
  readonly files: readonly FileIdentity[];
}

/** In the Hugging Face cache, the blob of an LFS file is named by its SHA-256. */
export function fileIdentity(name: string, file: SafetensorsFile): FileIdentity {
  const blob = basename(file.path);
  const named = basename(dirname(file.path)) === 'blobs' && /^[0-9a-f]{64}$/.test(blob);
  return { name, bytes: file.header.fileBytes, headerSha256: file.headerSha256, sha256: named ? blob : null };
}

/** `org/name` and commit of a snapshot in the cache; else the folder's own name. */
export function checkpointName(realFolder: string): { name: string; revision: string | null } {
  const repository = cacheRepository(realFolder);
  if (repository === undefined) return { name: basename(realFolder), revision: null };
  return { name: basename(repository).slice('models--'.length).replace('--', '/'), revision: basename(realFolder) };
}

export async function configSha256(folder: string, file = 'config.json'): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, file)))
    .digest('hex');
}
