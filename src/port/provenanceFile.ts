import { join } from 'node:path';
import { readJsonFile } from '../base/jsonFile.ts';
import { PROVENANCE, PROVENANCE_FILE, type Provenance } from './provenance.ts';

/** @throws InputError if the folder has no portllm.json, or one of another version */
export async function readProvenance(folder: string): Promise<Provenance> {
  return readJsonFile(join(folder, PROVENANCE_FILE), PROVENANCE);
}
