import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { isWithin } from '../../base/inside.ts';
import { brief } from '../../base/quote.ts';
import { glob, hasMagic } from './glob.ts';

const PATHS = z.union([z.string(), z.array(z.string())]);
/** What `datasets` takes (data_files.py, sanitize_patterns): the last is how dataset cards have it. */
const DATA_FILES = z.union([
  PATHS,
  z.array(z.looseObject({ split: z.string(), path: PATHS })),
  z.record(z.string(), PATHS),
]);

/**
 * The files of one split that dataset_kwargs.data_files of an lm-eval YAML names. As in `datasets`, paths without a split
 * are of the split "train", and split names have no synonyms here.
 *
 * @param folder the YAML's, which relative paths start from
 * @param roots where the files must be; links in there may lead anywhere, as they do in the Hugging Face cache
 * @returns undefined if the split is not named
 * @throws InputError if a path is remote, leads out of the roots, or names nothing
 */
export async function resolveDataFiles(
  folder: string,
  dataFiles: unknown,
  split: string,
  roots: readonly string[] = [folder],
): Promise<readonly string[] | undefined> {
  const patterns = patternsOf(dataFiles, split);
  if (patterns === undefined) return undefined;
  const found: string[] = [];
  for (const pattern of patterns) {
    const files = await expand(folder, pattern, roots);
    if (files.length === 0)
      throw new InputError(`data_files names "${brief(pattern)}", but ${folder} has no such file.`);
    found.push(...files);
  }
  return found;
}

/** @throws InputError if this is not what data_files can be */
export function patternsOf(dataFiles: unknown, split: string): readonly string[] | undefined {
  const result = DATA_FILES.safeParse(dataFiles);
  if (!result.success)
    throw new InputError('data_files must be a path, a list of paths, or paths by the name of the split.');
  const paths = pathsBySplit(result.data).get(split);
  return typeof paths === 'string' ? [paths] : paths;
}

function pathsBySplit(given: z.output<typeof DATA_FILES>): Map<string, string | readonly string[]> {
  if (typeof given === 'string') return new Map([['train', given]]);
  if (!Array.isArray(given)) return new Map(Object.entries(given));
  const cards = given.filter((part) => typeof part === 'object');
  if (cards.length > 0) return new Map(cards.map(({ split, path }) => [split, path]));
  return new Map([['train', given.filter((part) => typeof part === 'string')]]);
}

/** @throws InputError if the pattern leads elsewhere */
export async function expand(folder: string, pattern: string, roots: readonly string[]): Promise<string[]> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(pattern) || pattern.includes('::'))
    throw new InputError(
      `data_files names "${brief(pattern)}", which is not a local file: nothing is downloaded.`,
      'Download it, and name the file.',
    );
  const path = resolve(folder, pattern);
  const root = roots.map((each) => resolve(each)).find((each) => isWithin(each, path));
  if (root === undefined)
    throw new InputError(
      `data_files names "${brief(pattern)}", which is outside ${roots.join(' and ')}.`,
      'Move the file there, or add its folder to the folders of evaluation data.',
    );
  // The folder's own path may look like a pattern.
  const from = isWithin(resolve(folder), path) ? resolve(folder) : root;
  if (hasMagic(relative(from, path))) return glob(from, relative(from, path));
  return (await stat(path).catch(() => undefined))?.isFile() === true ? [path] : [];
}
