import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { describeOrProblem, unread } from './describe.ts';
import { kindOfFolder, type LibraryItem } from './item.ts';

/** Where to look (an absolute path), and how deep below it. */
export interface ScanRoot {
  readonly folder: string;
  readonly depth: number;
}

/** Folders that never hold models, and can be huge. */
const SKIPPED = new Set(['node_modules', '__pycache__', 'blobs', 'refs', '.git', '.no_exist', 'venv', '.venv']);
const CONCURRENCY = 32;

/**
 * Finds the models and patches under the roots, each once, by name. Links between folders are followed only where the
 * Hugging Face cache has them (files); folders that cannot be read are passed over.
 */
export async function scan(roots: readonly ScanRoot[], signal: AbortSignal): Promise<LibraryItem[]> {
  const limit = pLimit(CONCURRENCY);
  const found = new Map<string, Promise<LibraryItem>>();
  const visit = async (folder: string, depth: number): Promise<void> => {
    if (signal.aborted || found.has(folder)) return;
    const entries = await limit(() => readdir(folder, { withFileTypes: true })).catch(() => []);
    const kind = kindOfFolder(new Set(entries.map(({ name }) => name)));
    if (kind !== undefined)
      found.set(
        folder,
        limit(() => (signal.aborted ? unread(folder, kind) : describeOrProblem(folder, kind))),
      );
    if (depth === 0) return;
    const below = entries.filter((entry) => entry.isDirectory() && !isSkipped(entry.name));
    await Promise.all(below.map((entry) => visit(join(folder, entry.name), depth - 1)));
  };
  await Promise.all(roots.map(({ folder, depth }) => visit(folder, depth)));
  const items = await Promise.all(found.values());
  return items.sort((a, b) => a.name.localeCompare(b.name) || (a.path < b.path ? -1 : 1));
}

/** Ports under way are hidden folders, as are editors' and version control's. */
function isSkipped(name: string): boolean {
  return SKIPPED.has(name) || (name.startsWith('.') && name !== '.cache');
}

/** `models--org--name/snapshots/<commit>` under the hub's cache folder. */
export function huggingFaceCache(environment: NodeJS.ProcessEnv = process.env): ScanRoot {
  const explicit = environment.HF_HUB_CACHE ?? environment.HUGGINGFACE_HUB_CACHE;
  const cache = environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const home = environment.HF_HOME ?? join(cache, 'huggingface');
  return scanRoot(explicit ?? join(home, 'hub'), 3);
}

/** A folder as people write it in settings; `~` is the home folder. */
export function scanRoot(folder: string, depth: number): ScanRoot {
  const inHome = folder === '~' || folder.startsWith('~/');
  return { folder: resolve(inHome ? join(homedir(), folder.slice(1)) : folder), depth };
}
