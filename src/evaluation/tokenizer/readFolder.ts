import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { sha256OfFile, sha256Of } from '../../base/hash.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import { defaultTokens } from './defaultTokens.ts';
import type { Base } from './effective.ts';
import { listFolder, type FolderFiles } from './folderFiles.ts';
import { MERGES, readTables, VOCABULARY } from './readTables.ts';
import { rebuild } from './rebuild.ts';
import { readSettings, TOKENIZER_CONFIG, type LegacyFiles, type Settings, type TokenizerConfig } from './settings.ts';
import { BACKEND, buildsFromTables, tokenizerClass } from './tokenizerClass.ts';
import { readTokenizerJson, TABLE, vocabOfTable, type TokenizerJson } from './tokenizerJson.ts';

export interface TokenizerFolder {
  readonly base: Base;
  readonly settings: Settings;
  /** The file that a refusal of one of the parts is about. */
  readonly path: string;
  readonly files: readonly string[];
  /** Of those that hold tokens. */
  readonly sha256: string;
  /** Of all that was read. */
  readonly filesSha256: string;
}

const TOKENIZER = 'tokenizer.json';
const CONFIG = 'tokenizer_config.json';
const ADDED = 'added_tokens.json';
/** The files that hold tokens. */
const HOLDERS: ReadonlySet<string> = new Set([TOKENIZER, VOCABULARY, MERGES, ADDED]);
const MODEL_CONFIG = z.looseObject({ model_type: z.string().nullish(), tokenizer_class: z.string().nullish() });

/** @throws InputError naming what is missing or malformed */
export async function readFolder(folder: string): Promise<TokenizerFolder> {
  const files = await listFolder(folder);
  const config = (await files.json(CONFIG, TOKENIZER_CONFIG)) ?? {};
  const json = files.names.has(TOKENIZER) ? await readTokenizer(files) : undefined;
  const name = await classOf(files, config, json);
  const settings = readSettings(
    config,
    await legacyFiles(files, config, json),
    defaultTokens(name),
    join(folder, CONFIG),
  );
  const base = json ? baseOfJson(name, json, settings) : await baseOfTables(name, files, settings);
  return {
    base,
    settings,
    path: join(folder, json ? TOKENIZER : VOCABULARY),
    files: files.read,
    sha256: await digest(files, (name) => HOLDERS.has(name)),
    filesSha256: await digest(files, () => true),
  };
}

async function readTokenizer(files: FolderFiles): Promise<TokenizerJson> {
  const { file, path } = await files.open(TOKENIZER);
  return readTokenizerJson(file, path);
}

async function classOf(
  files: FolderFiles,
  config: TokenizerConfig,
  json: TokenizerJson | undefined,
): Promise<Base['name']> {
  const model = await files.json('config.json', MODEL_CONFIG);
  return tokenizerClass({
    declared: config.tokenizer_class ?? model?.tokenizer_class ?? undefined,
    modelType: model?.model_type ?? undefined,
    hasOwnCode: namesOwnCode(config.auto_map),
    byteLevel: json?.mentionsByteLevel ?? false,
  });
}

function namesOwnCode(map: unknown): boolean {
  return Array.isArray(map) || (typeof map === 'object' && map !== null && 'AutoTokenizer' in map);
}

async function legacyFiles(
  files: FolderFiles,
  config: TokenizerConfig,
  json: TokenizerJson | undefined,
): Promise<LegacyFiles> {
  const ofTokenizerJson = json?.declared ?? [];
  if (config.added_tokens_decoder) return { specialTokensMap: undefined, addedTokens: undefined, ofTokenizerJson };
  const added = await files.json(ADDED, TABLE);
  return {
    specialTokensMap: await files.json('special_tokens_map.json', z.record(z.string(), z.unknown())),
    addedTokens: added && vocabOfTable(added, join(files.folder, ADDED)),
    ofTokenizerJson,
  };
}

function baseOfJson(name: Base['name'], { spec }: TokenizerJson, settings: Settings): Base {
  if (name === BACKEND) return { name, spec, fromTables: false };
  const built = rebuild(name, spec.model, settings);
  return { name, spec: { ...built, added_tokens: [], post_processor: spec.post_processor }, fromTables: false };
}

async function baseOfTables(name: Base['name'], files: FolderFiles, settings: Settings): Promise<Base> {
  const { names, folder } = files;
  if (!buildsFromTables(name) || !names.has(VOCABULARY) || !names.has(MERGES)) throw nothingToRead(names, folder);
  const built = rebuild(name, await readTables(files), settings);
  return { name, spec: { ...built, added_tokens: [], post_processor: null }, fromTables: true };
}

/** Only transformers, with Python, converts the other forms. */
function nothingToRead(names: ReadonlySet<string>, folder: string): InputError {
  const convert =
    'Make a tokenizer.json with Python: from transformers import AutoTokenizer; ' +
    `AutoTokenizer.from_pretrained(${JSON.stringify(folder)}).save_pretrained(${JSON.stringify(folder)})`;
  const other = [...names].find((name) => /\.model$|^tekken\.json$/.test(name));
  if (other !== undefined)
    return new InputError(`${folder} has no ${TOKENIZER}, only ${other}, which PortLLM does not read.`, convert);
  if (names.has(VOCABULARY) && names.has(MERGES))
    return new InputError(`${folder} has ${VOCABULARY} and ${MERGES}, but no class that is made of them.`, convert);
  return new InputError(
    `${folder} holds no tokenizer: no ${TOKENIZER}, and not both of ${VOCABULARY} and ${MERGES}.`,
    'Copy the tokenizer files of the model it comes from into it.',
  );
}

async function digest({ folder, read }: FolderFiles, counts: (name: string) => boolean): Promise<string> {
  const sums = await Promise.all(
    read.filter(counts).map(async (name) => ({ name, sum: await sha256OfFile(await resolveInside(folder, name)) })),
  );
  const [first] = sums;
  if (first !== undefined && sums.length === 1) return first.sum;
  return sha256Of(sums.map(({ name, sum }) => `${sum}  ${name}\n`).join(''));
}
