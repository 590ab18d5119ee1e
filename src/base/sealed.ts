import { writeFile } from 'node:fs/promises';
import { sha256Of } from './hash.ts';
import { readTextFile } from './jsonFile.ts';

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

/** @param fields without the end of the object */
function sealed(fields: string): string {
  return `${fields}${SEAL}${JSON.stringify(sha256Of(fields))}\n}\n`;
}
