import { rename, rm, writeFile } from 'node:fs/promises';
import type * as z from 'zod';
import { InputError, writeError } from './errors.ts';
import { sha256Of } from './hash.ts';
import { readJsonFile, readTextFile } from './jsonFile.ts';
import { temporaryPath } from './temporary.ts';
import { isThere } from './there.ts';

const SEAL = ',\n  "sha256": ';

/** A JSON file with the hash of all before it as its last field, so that a change of any of its bytes can be seen. */
export async function writeSealed(path: string, value: object): Promise<void> {
  const text = JSON.stringify({ ...value, sha256: undefined }, null, 2);
  await writeFile(path, sealed(text.slice(0, text.lastIndexOf('\n'))));
}

/** Whether the file is, byte for byte, what was written. @throws InputError if it cannot be read */
export async function isSealed(path: string): Promise<boolean> {
  const text = await readTextFile(path);
  return text === sealed(text.slice(0, text.lastIndexOf(SEAL)));
}

/** As `writeSealed`, in the place of what was there; it appears whole. @throws UserError if it cannot be written */
export async function putSealed(path: string, value: object): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeSealed(temporary, value);
    await rename(temporary, path);
  } catch (error) {
    throw writeError(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** What was put there; undefined if nothing was. @throws InputError if it was damaged */
export async function getSealed<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  if (!(await isThere(path))) return undefined;
  if (await isSealed(path)) return await readJsonFile(path, schema);
  throw new InputError(`${path} was damaged.`, 'Write this part again.');
}

/** @param fields without the end of the object */
function sealed(fields: string): string {
  return `${fields}${SEAL}${JSON.stringify(sha256Of(fields))}\n}\n`;
}
