import { relative } from 'node:path';
import type { LibraryItem } from '../../library/item.ts';
import { isPatch } from '../../library/lineage.ts';

/** What the library has, as a beginning: lines to be deleted are quicker than lines to be written. */
export function specText(items: readonly LibraryItem[], folder: string): string {
  const good = items.filter(({ problem }) => problem === undefined);
  const named = (all: readonly LibraryItem[], example: string): string[] =>
    all.length === 0
      ? [`  name: ${example}`]
      : all.map(({ name, path }) => `  ${yamlWord(name)}: ${yamlWord(pathFrom(folder, path))}`);
  return [
    '# Every patch on every base, on every task: delete what is not wanted. Paths are relative to this file.',
    'patches:',
    ...named(good.filter(isPatch), 'path/of/an/adapter'),
    'bases:',
    ...named(
      good.filter(({ kind }) => kind === 'baseModel'),
      'path/of/a/model',
    ),
    'tasks:',
    '  - boolq',
    '# scales: [0.5, 1]',
    '# limit: 200',
    '# data: path/of/the/tasks/documents',
    '# Patches that were trained on a new base, for the recovery.',
    '# retrained:',
    '#   base:',
    '#     patch: path/of/an/adapter',
    '# outputs: adapter',
    '',
  ].join('\n');
}

export function pathFrom(folder: string, path: string): string {
  const near = relative(folder, path);
  return near.startsWith('..') ? path : `./${near}`;
}

/** As one word of YAML: JSON's strings are YAML's. */
export function yamlWord(text: string): string {
  return /^[\w./][\w./ -]*$/.test(text) ? text : JSON.stringify(text);
}

/** The key that a line is below. */
export function sectionAt(lines: readonly string[], line: number): string | undefined {
  for (let at = line; at >= 0; at--) {
    const [, key] = /^(\w+):/.exec(lines[at] ?? '') ?? [];
    if (key !== undefined) return key;
  }
  return undefined;
}
