import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256OfText } from '../base/hash.ts';
import { readJsonFile, readTextFile } from '../base/jsonFile.ts';
import { PROVENANCE, PROVENANCE_FILE, type Provenance } from './provenance.ts';

/** Not an object: that would change the order of the fields. */
const FIELDS = z.record(z.string(), z.unknown());

/** With the hash of its own text at the end, so that a change of any of its bytes can be seen. */
export async function writeProvenance(folder: string, provenance: Provenance): Promise<void> {
  await writeFile(join(folder, PROVENANCE_FILE), sealed(provenance));
}

/** @throws InputError if the folder has no portllm.json, or one of another version */
export async function readProvenance(folder: string): Promise<Provenance> {
  return readJsonFile(join(folder, PROVENANCE_FILE), PROVENANCE);
}

/** Whether portllm.json is, byte for byte, what was written. @throws InputError if it cannot be read */
export async function isSealed(folder: string): Promise<boolean> {
  const path = join(folder, PROVENANCE_FILE);
  const stated = await readJsonFile(path, FIELDS);
  return (await readTextFile(path)) === sealed(stated);
}

function sealed(provenance: object): string {
  const sha256 = sha256OfText(JSON.stringify({ ...provenance, sha256: undefined }));
  return JSON.stringify({ ...provenance, sha256 }, null, 2) + '\n';
}
