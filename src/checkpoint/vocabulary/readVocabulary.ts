import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { readWhole } from '../../base/openRegular.ts';
import { resolveInside } from '../shards.ts';
import { readAddedDecoder, readTokenizerJson, readTokenTable } from './jsonTokens.ts';
import { parseTokenizerModel } from './tokenizerModel.ts';
import { buildVocabulary, type Token, type Vocabulary } from './vocabulary.ts';

/** The largest tokenizer.model known, of 256,000 pieces, has 4 MB. */
const MAX_BYTES = 64_000_000;
const LFS_POINTER = 'version https://git-lfs';

type ReadTokens = (file: string, path: string) => Promise<Token[]>;

/** Where the pieces are when there is no tokenizer.json; the first that exists counts. */
const PIECES: ReadonlyMap<string, ReadTokens> = new Map<string, ReadTokens>([
  ['vocab.json', readTokenTable],
  ['tokenizer.model', async (file, path) => parseTokenizerModel(await readBytes(file, path), path)],
  ['vocab.txt', async (file, path) => parseLines(await readBytes(file, path), path)],
]);

/** What may add to them, in order: the later wins, as in transformers. tokenizer.json holds its own. */
const ADDITIONS: ReadonlyMap<string, ReadTokens> = new Map<string, ReadTokens>([
  ['added_tokens.json', readTokenTable],
  ['tokenizer_config.json', readAddedDecoder],
]);

/**
 * The tokens of a checkpoint's or adapter's folder.
 *
 * @param names the files of the folder
 * @returns undefined if the folder has no tokenizer
 * @throws InputError if a file that counts is malformed, or is a link that leads out of the folder
 */
export async function readVocabulary(folder: string, names: ReadonlySet<string>): Promise<Vocabulary | undefined> {
  if (names.has('tokenizer.json')) {
    const file = await resolveInside(folder, 'tokenizer.json');
    const { pieces, added } = await readTokenizerJson(file, join(folder, 'tokenizer.json'));
    return buildVocabulary(folder, 'tokenizer.json', pieces, added);
  }
  for (const [name, read] of PIECES) if (names.has(name)) return readParts(folder, names, name, read);
  return undefined;
}

async function readParts(
  folder: string,
  names: ReadonlySet<string>,
  name: string,
  read: ReadTokens,
): Promise<Vocabulary> {
  const sources = [name];
  const added: Token[] = [];
  const pieces = await read(await resolveInside(folder, name), join(folder, name));
  for (const [addition, readAddition] of ADDITIONS) {
    if (!names.has(addition)) continue;
    const found = await readAddition(await resolveInside(folder, addition), join(folder, addition));
    if (found.length === 0) continue;
    sources.push(addition);
    added.push(...found);
  }
  return buildVocabulary(folder, sources.join(', '), pieces, added);
}

/** vocab.txt of BERT: one token a line, with every line end that Python knows. */
function parseLines(bytes: Uint8Array, path: string): Token[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new InputError(`${path} holds no tokens.`);
  // Of equal lines the first counts; a file of empty ones would otherwise cost a hundred times its size.
  const seen = new Set<string>();
  return lines.flatMap((token, id) => (seen.size < seen.add(token).size ? [{ token, id }] : []));
}

async function readBytes(file: string, path: string): Promise<Uint8Array> {
  const bytes = await readWhole(file, MAX_BYTES, path);
  if (bytes.toString('latin1', 0, LFS_POINTER.length) !== LFS_POINTER) return bytes;
  throw new InputError(`${path} is a Git LFS pointer.`, 'Fetch the real file with "git lfs pull".');
}
