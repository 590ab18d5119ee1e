import { cacheRepository } from '../../checkpoint/shards.ts';

/** Of a path, or of the repository that a snapshot in the cache belongs to. */
export function lastPart(path: string): string {
  const repository = cacheRepository(path);
  const name = (repository ?? path).replaceAll('\\', '/');
  return name.slice(name.lastIndexOf('/') + 1).replace(/^models--.*--/, '');
}
