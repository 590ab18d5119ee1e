/** Writes README's table of patches from the tests' own list: `npm run readme`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { variantTable } from '../test/support/variantTable.ts';

const PATH = join(import.meta.dirname, '../README.md');
const BEGIN = '<!-- variants: npm run readme -->';
const END = '<!-- /variants -->';

/** README.md as it should be. @throws Error if it has lost the marks */
export async function readmeWithTable(readme: string): Promise<string> {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('README.md has lost the marks of the table');
  const table = await format(variantTable(), { parser: 'markdown', printWidth: 120 });
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n${readme.slice(end)}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(PATH, await readmeWithTable(readFileSync(PATH, 'utf8')));
