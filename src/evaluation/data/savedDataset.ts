import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { isPlainName } from '../../base/inside.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { brief } from '../../base/quote.ts';
import { entriesOf, onlyOne } from './folders.ts';
import { splitNames } from './splitFiles.ts';

const DICTIONARY_FILE = 'dataset_dict.json';
const STATE_FILE = 'state.json';
const DICTIONARY = z.looseObject({ splits: z.array(z.string()) });
const STATE = z.looseObject({
  _data_files: z.array(z.looseObject({ filename: z.string() })),
  _split: z.string().nullish(),
});

/**
 * The Arrow files of a split in a folder that `datasets`' save_to_disk has written: of a DatasetDict, or of a single
 * Dataset that knows itself to be of that split (arrow_dataset.py, dataset_dict.py).
 */
export async function savedFiles(folder: string, split: string): Promise<string[] | undefined> {
  const { files, folders } = await entriesOf(folder);
  if (files.includes(DICTIONARY_FILE)) {
    const { splits } = await readJsonFile(join(folder, DICTIONARY_FILE), DICTIONARY);
    const found = chosenSplit(splits, split, folder);
    return found === undefined ? undefined : (await readState(join(folder, found))).files;
  }
  if (files.includes(STATE_FILE)) {
    const state = await readState(folder);
    return state.split !== undefined && splitNames(split).flat().includes(state.split) ? state.files : undefined;
  }
  // A single Dataset below the name of the split need not know what it is.
  const found = chosenSplit(folders, split, folder);
  if (found === undefined || !(await entriesOf(join(folder, found))).files.includes(STATE_FILE)) return undefined;
  return (await readState(join(folder, found))).files;
}

function chosenSplit(names: readonly string[], split: string, folder: string): string | undefined {
  for (const tier of splitNames(split)) {
    const known = names.filter((name) => tier.includes(name) && isPlainName(name));
    const found = onlyOne(known, (name) => join(folder, name), `the split ${split}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function readState(folder: string): Promise<{ files: string[]; split: string | undefined }> {
  const path = join(folder, STATE_FILE);
  const state = await readJsonFile(path, STATE);
  const names = state._data_files.map(({ filename }) => filename);
  const stray = names.find((name) => !isPlainName(name));
  if (stray !== undefined) throw new InputError(`${path} names a file outside its folder: "${brief(stray)}".`);
  return { files: names.map((name) => join(folder, name)), split: state._split ?? undefined };
}
