import { join } from 'node:path';
import { readJsonFile } from '../base/jsonFile.ts';
import { writeSealed } from '../base/sealed.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { PROVENANCE, PROVENANCE_FILE, type Provenance } from './provenance.ts';

export async function writeProvenance(folder: string, provenance: Provenance): Promise<void> {
  await writeSealed(join(folder, PROVENANCE_FILE), provenance);
}

/** @throws InputError if the folder has no portllm.json, or one of another version */
export async function readProvenance(folder: string): Promise<Provenance> {
  return readJsonFile(await resolveInside(folder, PROVENANCE_FILE), PROVENANCE, join(folder, PROVENANCE_FILE));
}
