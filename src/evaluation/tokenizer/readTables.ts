import { readJsonFile } from '../../base/jsonFile.ts';
import { readWhole } from '../../base/openRegular.ts';
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
  const lines = (await readWhole(merges.file, MAX_BYTES, merges.path))
    .toString('utf8')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return {
    vocab: vocabOfTable(table, vocabulary.path),
    merges: lines.flatMap((line, i) =>
      line.startsWith('#version') ? [] : [mergeOf(line, `line ${i + 1}`, merges.path)],
    ),
  };
}
