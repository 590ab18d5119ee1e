import { basename, dirname } from 'node:path';
import type { TensorFile } from '../safetensors/file.ts';
import type { FileIdentity } from './identityTypes.ts';
import { cacheRepository } from './shards.ts';

/** In the Hugging Face cache, the blob of an LFS file is named by its SHA-256. */
export function fileIdentity(name: string, file: TensorFile): FileIdentity {
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
