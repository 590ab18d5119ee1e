import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { entriesOf, onlyOne } from './folders.ts';
import { ENDINGS } from './format.ts';

const SYNONYMS = [['validation', 'dev', 'val', 'valid']];

/** The names to look for, the best first: the split's own, then all its synonyms alike. */
export function splitNames(split: string): readonly (readonly string[])[] {
  const synonyms = SYNONYMS.find((names) => names.includes(split)) ?? [];
  return [[split], synonyms.filter((name) => name !== split)];
}

/** What comes after the name of a split; pushes to the hub once added a hash to the numbers of the shards. */
const AFTER_NAME = new RegExp(`^(?:-(\\d{5})-of-(\\d{5})(?:-[0-9a-f]+)?)?\\.(${ENDINGS.join('|')})$`);

/**
 * The one file `<prefix><split>.<ending>` of a folder, or all of its `<prefix><split>-00000-of-00002.<ending>`.
 * @throws InputError if a shard is missing, or several files or sets of shards are equally good
 */
export async function namedFiles(folder: string, prefix: string, split: string): Promise<string[] | undefined> {
  const { files } = await entriesOf(folder);
  for (const names of splitNames(split)) {
    const sets = names.flatMap((name) => setsOf(files, prefix + name));
    const set = onlyOne(sets, ([first = '']) => join(folder, first), `the split ${split}`);
    if (set !== undefined) return checkShards(set.map((file) => join(folder, file)));
  }
  return undefined;
}

/** Files of one name, ending and number of shards. */
function setsOf(files: readonly string[], stem: string): string[][] {
  const sets = new Map<string, string[]>();
  for (const file of files) {
    const match = file.startsWith(stem) ? AFTER_NAME.exec(file.slice(stem.length)) : null;
    if (match === null) continue;
    const key = `${match[2] ?? 'whole'}.${match[3] ?? ''}`;
    sets.set(key, [...(sets.get(key) ?? []), file]);
  }
  return [...sets.values()];
}

const SHARD = /^([^]*)-\d{5}-of-(\d{5})(?:-[0-9a-f]+)?(\.\w+)$/;

/** @throws InputError if the names of shards promise more files, or fewer, than there are */
export function checkShards(files: string[]): string[] {
  const counts = new Map<string, { there: number; promised: number }>();
  for (const file of files) {
    const [, stem, promised, ending = ''] = SHARD.exec(file) ?? [];
    if (stem === undefined || promised === undefined) continue;
    const set = `${stem}-*-of-${promised}${ending}`;
    counts.set(set, { there: (counts.get(set)?.there ?? 0) + 1, promised: Number(promised) });
  }
  for (const [name, { there, promised }] of counts)
    if (there !== promised)
      throw new InputError(
        `Of ${name} there are ${there} files, where their names say ${promised}.`,
        'Complete the download, or remove what is left of an older one.',
      );
  return files;
}

const NO_DATA = new Set(['dataset_info.json', 'dataset_infos.json', 'dataset_dict.json', 'state.json', 'config.json']);

/** All data files of a folder that is named as the split: the layout of the hub's converted branch. */
export async function filesOfSplitFolder(parent: string, split: string): Promise<string[] | undefined> {
  const { folders } = await entriesOf(parent);
  for (const names of splitNames(split)) {
    const sets: string[][] = [];
    for (const name of names.filter((known) => folders.includes(known)))
      for (const ending of ENDINGS) {
        const { files } = await entriesOf(join(parent, name));
        const data = files.filter((file) => file.endsWith(`.${ending}`) && !file.startsWith('.') && !NO_DATA.has(file));
        if (data.length > 0) sets.push(data.map((file) => join(parent, name, file)));
      }
    const set = onlyOne(sets, ([first = '']) => first, `the split ${split}`);
    if (set !== undefined) return checkShards(set);
  }
  return undefined;
}
