import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { sha256OfText } from './hash.ts';
import { readJsonFile, readTextFile } from './jsonFile.ts';

/** Not an object: that would change the order of the fields. */
const FIELDS = z.record(z.string(), z.unknown());

/** A JSON file with the hash of its own text as its last field, so that a change of any of its bytes can be seen. */
export async function writeSealed(path: string, value: object): Promise<void> {
  await writeFile(path, sealed(value));
}

/** Whether the file is, byte for byte, what was written. @throws InputError if it cannot be read */
export async function isSealed(path: string): Promise<boolean> {
  const stated = await readJsonFile(path, FIELDS);
  return (await readTextFile(path)) === sealed(stated);
}

function sealed(value: object): string {
  const sha256 = sha256OfText(JSON.stringify({ ...value, sha256: undefined }));
  return JSON.stringify({ ...value, sha256 }, null, 2) + '\n';
}
