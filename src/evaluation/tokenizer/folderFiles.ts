import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { folderError } from '../../base/errors.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { resolveInside } from '../../checkpoint/shards.ts';

/** The files of one folder, and which of them were read. */
export interface FolderFiles {
  readonly folder: string;
  readonly names: ReadonlySet<string>;
  readonly read: readonly string[];
  /** @returns where the file really is, and how a person knows it */
  readonly open: (name: string) => Promise<{ readonly file: string; readonly path: string }>;
  /** undefined where the folder has no such file. */
  readonly json: <T extends z.ZodType>(name: string, schema: T) => Promise<z.output<T> | undefined>;
}

/** @throws InputError if the folder cannot be listed */
export async function listFolder(folder: string): Promise<FolderFiles> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw folderError(error, folder);
  });
  const read: string[] = [];
  const open = async (name: string): Promise<{ file: string; path: string }> => {
    const file = await resolveInside(folder, name);
    read.push(name);
    return { file, path: join(folder, name) };
  };
  return {
    folder,
    names: new Set(names),
    read,
    open,
    json: async (name, schema) => {
      if (!names.includes(name)) return undefined;
      const { file, path } = await open(name);
      return readJsonFile(file, schema, path);
    },
  };
}
