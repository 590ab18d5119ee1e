/** Writes ARCHITECTURE.md's table of who imports whom, from the imports themselves: `npm run readme`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { LAYERS } from './layers.ts';
import { withTable } from './markedTable.ts';

const ROOT = join(import.meta.dirname, '..');
const PATH = join(ROOT, 'ARCHITECTURE.md');

/** ARCHITECTURE.md as it should be. @throws Error if it has lost the marks */
export function architectureWithTable(text: string): Promise<string> {
  return withTable(text, 'imports', importTable());
}

function importTable(): string {
  const rows = [...LAYERS, 'webview'].map((folder) => {
    const used = importsOf(folder);
    const names = [...LAYERS, 'webview'].filter((other) => used.has(other) && other !== folder);
    return `| ${folder} | ${names.join(', ')} |`;
  });
  return ['| folder | imports |', '| --- | --- |', ...rows].join('\n');
}

function nameOf(folder: string): string {
  return folder === 'webview' ? 'webview/' : `src/${folder}/`;
}

/** The folders that a folder's files import from, types included. */
function importsOf(folder: string): Set<string> {
  const files = globSync(`${nameOf(folder)}**/*.{ts,tsx}`, { cwd: ROOT });
  const used = new Set<string>();
  for (const file of files)
    for (const [, path = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(
      /from '(\.[^']+)'|import\('(\.[^']+)'\)/g,
    )) {
      const parts = normalize(join(dirname(file), path)).split('/');
      used.add((parts[0] === 'src' ? parts[1] : parts[0]) ?? '');
    }
  return used;
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(PATH, await architectureWithTable(readFileSync(PATH, 'utf8')));
