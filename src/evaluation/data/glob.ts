import { lstat, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { RE2JS, RE2JSException } from 're2js';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import { entriesOf } from './folders.ts';

const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 20;
const MAX_SEGMENTS = 100;
/** What file systems allow. */
const MAX_NAME = 255;

/** Files that belong to a dataset's repository but are no data, unless named (datasets/data_files.py). */
const IGNORED = new Set([
  ...['README.md', 'config.json', 'dataset_info.json', 'dataset_infos.json', 'dummy_data.zip', 'dataset_dict.json'],
]);

const ANY: Segment = { text: '*', matcher: compile('*') };

export function hasMagic(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * The files below a folder that a pattern of *, ?, [a-z] and ** names, sorted. As in `datasets`, hidden entries are left
 * out unless the pattern names them so; links to folders are followed for a name, but not by **.
 *
 * @throws InputError if the pattern is none, or would be compared with too many names
 */
export async function glob(root: string, pattern: string): Promise<string[]> {
  const shown = `The pattern "${brief(pattern)}" in ${root}`;
  const segments = segmentsOf(pattern, shown);
  const search = { found: new Set<string>(), walked: new Set<string>(), budget: { left: MAX_ENTRIES }, shown };
  await walk(root, segments, search, 0);
  return [...search.found].sort();
}

interface Segment {
  readonly text: string;
  readonly matcher: RE2JS;
}

interface Search {
  readonly found: Set<string>;
  /** Folders with what was left of the pattern there: several ** lead to a folder in many ways. */
  readonly walked: Set<string>;
  readonly budget: { left: number };
  /** In messages. */
  readonly shown: string;
}

/** One ** finds what several in a row would. */
function segmentsOf(pattern: string, shown: string): Segment[] {
  const texts = pattern.split(sep).filter((text, i, all) => text !== '' && (text !== '**' || all[i - 1] !== '**'));
  if (texts.length > MAX_SEGMENTS || texts.some((text) => text.length > MAX_NAME))
    throw new InputError(`${shown} is too long.`);
  try {
    return texts.map((text) => ({ text, matcher: compile(text) }));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new InputError(`${shown} cannot be understood.`, undefined, { cause: error });
  }
}

async function walk(folder: string, segments: readonly Segment[], search: Search, depth: number): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  const { text } = segment;
  const place = `${text} ${segments.length} ${folder}`;
  if (search.walked.has(place)) return;
  search.walked.add(place);
  if (text === '**') {
    await walk(folder, rest.length === 0 ? [ANY] : rest, search, depth);
    if (depth < MAX_DEPTH)
      for (const name of await children(folder, ANY, 'folders', search))
        if ((await lstat(join(folder, name))).isDirectory())
          await walk(join(folder, name), segments, search, depth + 1);
  } else if (rest.length > 0) {
    const names = hasMagic(text) ? await children(folder, segment, 'folders', search) : [text];
    for (const name of names) await walk(join(folder, name), rest, search, depth + 1);
  } else {
    for (const name of await children(folder, segment, 'files', search))
      if (name === text || !IGNORED.has(name))
        if (await isFile(join(folder, name))) search.found.add(join(folder, name));
  }
}

async function children(
  folder: string,
  { text, matcher }: Segment,
  kind: 'files' | 'folders',
  { budget, shown }: Search,
): Promise<string[]> {
  const names = (await entriesOf(folder))[kind];
  budget.left -= names.length + 1;
  if (budget.left < 0) throw new InputError(`${shown} matches against too many files.`);
  return names.filter(
    (name) =>
      (!name.startsWith('.') || text.startsWith('.')) &&
      (kind === 'files' || !name.startsWith('__') || text.startsWith('__')) &&
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
