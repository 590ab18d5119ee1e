import { lstat, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { RE2JS } from 're2js';
import { InputError } from '../../base/errors.ts';
import { entriesOf } from './folders.ts';

const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 20;

/** Files that belong to a dataset's repository but are no data, unless named (datasets/data_files.py). */
const IGNORED = new Set([
  ...['README.md', 'config.json', 'dataset_info.json', 'dataset_infos.json', 'dummy_data.zip', 'dataset_dict.json'],
]);

export function hasMagic(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * The files below a folder that a pattern of *, ?, [a-z] and ** names, sorted. As in `datasets`, hidden entries are left
 * out unless the pattern names them so; links to folders are followed for a name, but not by **.
 */
export async function glob(root: string, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  const budget = { left: MAX_ENTRIES };
  await walk(root, pattern.split(sep).filter(Boolean), { found, budget, pattern }, 0);
  return [...found].sort();
}

interface Search {
  readonly found: Set<string>;
  readonly budget: { left: number };
  readonly pattern: string;
}

async function walk(folder: string, segments: readonly string[], search: Search, depth: number): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === '**') {
    await walk(folder, rest.length === 0 ? ['*'] : rest, search, depth);
    if (depth < MAX_DEPTH)
      for (const name of await children(folder, '*', 'folders', search))
        if ((await lstat(join(folder, name))).isDirectory())
          await walk(join(folder, name), segments, search, depth + 1);
  } else if (rest.length > 0) {
    const names = hasMagic(segment) ? await children(folder, segment, 'folders', search) : [segment];
    for (const name of names) await walk(join(folder, name), rest, search, depth + 1);
  } else {
    for (const name of await children(folder, segment, 'files', search))
      if (name === segment || !IGNORED.has(name))
        if (await isFile(join(folder, name))) search.found.add(join(folder, name));
  }
}

async function children(
  folder: string,
  segment: string,
  kind: 'files' | 'folders',
  { budget, pattern }: Search,
): Promise<string[]> {
  const names = (await entriesOf(folder))[kind];
  budget.left -= names.length;
  if (budget.left < 0) throw new InputError(`The pattern "${pattern}" matches against too many files.`);
  const matcher = compile(segment);
  return names.filter(
    (name) =>
      (!name.startsWith('.') || segment.startsWith('.')) &&
      (kind === 'files' || !name.startsWith('__') || segment.startsWith('__')) &&
      matcher.matches(name),
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Python's fnmatch, in RE2: patterns come from strangers. */
function compile(segment: string): RE2JS {
  const expression = segment.replace(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[^*?[]+|\[/g, (part, not: string, set: string) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    if (part.length > 1 && part.startsWith('['))
      return `[${not === '!' ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
    return RE2JS.quote(part);
  });
  return RE2JS.compile(expression, RE2JS.DOTALL);
}
