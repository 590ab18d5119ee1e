/** Writes README's table of patches from the tests' own list: `npm run readme`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { variantTable } from '../test/support/variantTable.ts';
import { withTable } from './markedTable.ts';

const PATH = join(import.meta.dirname, '../README.md');

/** README.md as it should be. @throws Error if it has lost the marks */
export function readmeWithTable(readme: string): Promise<string> {
  return withTable(readme, 'variants', variantTable());
}

if (process.argv[1] === import.meta.filename) writeFileSync(PATH, await readmeWithTable(readFileSync(PATH, 'utf8')));
