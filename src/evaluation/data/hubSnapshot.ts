import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isScalar, parseDocument, visit } from 'yaml';
import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { expand, patternsOf } from './dataFiles.ts';
import { entriesOf, onlyOne } from './folders.ts';
import { savedFiles } from './savedDataset.ts';
import { checkShards, filesOfSplitFolder, namedFiles, splitNames } from './splitFiles.ts';

const MAX_CARD_BYTES = 2_000_000;
/** Of its YAML, which takes a second for each million characters. */
const MAX_FRONT = 600_000;
const CARD = z.looseObject({
  configs: z.array(
    z.looseObject({ config_name: z.string(), data_files: z.unknown().optional(), default: z.boolean().nullish() }),
  ),
});
type Configuration = z.output<typeof CARD>['configs'][number];

/** One folder of one dataset: saved by `datasets`; files by the split's name, here or in data/; a folder by its name. */
export async function filesInFolder(folder: string, split: string): Promise<readonly string[] | undefined> {
  return (
    (await savedFiles(folder, split)) ??
    (await namedFiles(folder, '', split)) ??
    (await namedFiles(join(folder, 'data'), '', split)) ??
    (await filesOfSplitFolder(folder, split))
  );
}

/**
 * A dataset's repository as the hub has it: what its card says, else the folder of the configuration. Without a
 * configuration also its top folder; with one that would be another's data.
 */
export async function filesInRepository(
  root: string,
  config: string | undefined,
  split: string,
): Promise<readonly string[] | undefined> {
  return (
    (await filesOfCard(root, config, split)) ??
    (await filesInFolder(join(root, config ?? 'default'), split)) ??
    (config === undefined ? await filesInFolder(root, split) : undefined)
  );
}

/**
 * `…/datasets--org--name` of the hub's cache: the snapshot that refs/main names, else the only one with the split.
 * @throws InputError if several others have it
 */
export async function filesInSnapshots(
  repository: string,
  config: string | undefined,
  split: string,
): Promise<readonly string[] | undefined> {
  const snapshots = join(repository, 'snapshots');
  const { folders } = await entriesOf(snapshots);
  const main = (await readShort(join(repository, 'refs', 'main')))?.trim() ?? '';
  for (const names of [folders.filter((name) => name === main), folders.filter((name) => name !== main)]) {
    const found: (readonly string[])[] = [];
    for (const name of names) found.push((await filesInRepository(join(snapshots, name), config, split)) ?? []);
    const present = found.filter((files) => files.length > 0);
    const files = onlyOne(present, ([first = '']) => first, `the split ${split}`);
    if (files !== undefined) return files;
  }
  return undefined;
}

/** The card's front matter maps configurations and splits to files (datasets/utils/metadata.py, MetadataConfigs). */
async function filesOfCard(
  root: string,
  config: string | undefined,
  split: string,
): Promise<readonly string[] | undefined> {
  const { data_files: dataFiles } = chosen(await readCard(root), config) ?? {};
  if (dataFiles == null) return undefined;
  for (const name of splitNames(split).flat()) {
    const files = await expandAll(root, dataFiles, name);
    if (files.length > 0) return checkShards(files);
  }
  return undefined;
}

/** All files or none: a pattern without files means that they were not fetched. */
async function expandAll(root: string, dataFiles: unknown, split: string): Promise<string[]> {
  try {
    const groups: string[][] = [];
    for (const pattern of patternsOf(dataFiles, split) ?? []) groups.push(await expand(root, pattern, [root]));
    return groups.every((files) => files.length > 0) ? groups.flat() : [];
  } catch (error) {
    // A card that says it otherwise, or names files elsewhere, is no help but no obstacle either.
    if (error instanceof InputError) return [];
    throw error;
  }
}

function chosen(configs: readonly Configuration[], config: string | undefined): Configuration | undefined {
  if (config !== undefined) return configs.find(({ config_name: name }) => name === config);
  return (
    configs.find((each) => each.default === true || each.config_name === 'default') ??
    (configs.length === 1 ? configs[0] : undefined)
  );
}

async function readCard(root: string): Promise<readonly Configuration[]> {
  const [, front] = /^---\r?\n([^]*?)\r?\n---\r?\n/.exec((await readShort(join(root, 'README.md'))) ?? '') ?? [];
  if (front === undefined || front.length > MAX_FRONT) return [];
  try {
    return CARD.parse(valueOf(front)).configs;
  } catch {
    return [];
  }
}

/** As `parse` reads it, whose own search for repeated keys is quadratic. @throws Error for what YAML forbids */
function valueOf(front: string): unknown {
  const document = parseDocument(front, { uniqueKeys: false });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Map(_, { items }) {
      const keys = items.map(({ key }) => (isScalar(key) ? key.value : key));
      if (new Set(keys).size < keys.length) throw new Error('A key is repeated.');
    },
  });
  return document.toJS();
}

async function readShort(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() === true && info.size <= MAX_CARD_BYTES ? readFile(path, 'utf8') : undefined;
}
