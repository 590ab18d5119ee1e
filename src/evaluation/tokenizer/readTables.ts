import { readFile, stat } from 'node:fs/promises';
import { InputError, readError } from '../../base/errors.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import type { FolderFiles } from './folderFiles.ts';
import type { Tables } from './rebuild.ts';
import { mergeOf, TABLE, vocabOfTable } from './tokenizerJson.ts';

export const VOCABULARY = 'vocab.json';
export const MERGES = 'merges.txt';

/** The largest known, Qwen's, has 1.7 MB. */
const MAX_BYTES = 64_000_000;

/** GPT-2's two files, as tokenizers' BPE::read_file reads them. */
export async function readTables(files: FolderFiles): Promise<Tables> {
  const vocabulary = await files.open(VOCABULARY);
  const table = await readJsonFile(vocabulary.file, TABLE, vocabulary.path);
  const merges = await files.open(MERGES);
  const lines = (await readText(merges.file, merges.path)).split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return {
    vocab: vocabOfTable(table, vocabulary.path),
    merges: lines.flatMap((line, i) =>
      line.startsWith('#version') ? [] : [mergeOf(line, `line ${i + 1}`, merges.path)],
    ),
  };
}

async function readText(file: string, path: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new InputError(`${path} is too large for what it should be (${size} bytes).`);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw readError(error, path);
  }
}
