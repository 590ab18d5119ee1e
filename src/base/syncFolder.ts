import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Brings a folder's files, and their names, to the disk: what is renamed after this is whole even if the power fails.
 */
export async function syncFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await syncPath(join(folder, name));
  await syncNames(folder);
}

/** The names in a folder. Windows opens no folders, and keeps their names by itself. */
export async function syncNames(folder: string): Promise<void> {
  if (process.platform !== 'win32') await syncPath(folder);
}

/** A file, or the names in a folder. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
