import { MISDECLARED, REGISTERED } from './classTable.ts';

/** Reads tokenizer.json as it stands; transformers 4 called it PreTrainedTokenizerFast. */
export const BACKEND = 'TokenizersBackend';

/**
 * Classes of transformers 5 that take only the vocabulary, the merges and the post-processor from tokenizer.json, and
 * make the rest of the pipeline themselves (their __init__).
 */
export const REBUILDING = [
  'GPT2Tokenizer',
  'CodeGenTokenizer',
  'GPTNeoXTokenizer',
  'LlamaTokenizer',
  'CodeLlamaTokenizer',
  'GemmaTokenizer',
  'Qwen2Tokenizer',
  'Qwen3_5Tokenizer',
  'CohereTokenizer',
] as const;
export type RebuildingClass = (typeof REBUILDING)[number];

export interface ClassFacts {
  /** tokenizer_class of tokenizer_config.json, else of config.json. */
  readonly declared: string | undefined;
  readonly modelType: string | undefined;
  /** tokenizer_config.json names code of its own, which is never run here. */
  readonly hasOwnCode: boolean;
  /** tokenizer.json has "ByteLevel" somewhere. */
  readonly byteLevel: boolean;
}

/** AutoTokenizer.from_pretrained of transformers 5.23.0 (models/auto/tokenization_auto.py), without remote code. */
export function tokenizerClass({
  declared,
  modelType,
  hasOwnCode,
  byteLevel,
}: ClassFacts): RebuildingClass | typeof BACKEND {
  const name = declared?.replace(/Fast$/, '');
  const registered = modelType === undefined ? undefined : REGISTERED.get(modelType);
  const misdeclared = modelType !== undefined && MISDECLARED.has(modelType);
  if (name === undefined) return known(registered);
  if (hasOwnCode) return known(name);
  if (name === 'LlamaTokenizer' && byteLevel && !misdeclared) return BACKEND;
  if (registered === undefined || registered === name) return known(name);
  return known(registered !== BACKEND && !misdeclared ? name : registered);
}

/** Classes that PortLLM does not know read tokenizer.json as it stands: encoders', and what transformers lacks too. */
function known(name: string | undefined): RebuildingClass | typeof BACKEND {
  return REBUILDING.find((rebuilding) => rebuilding === name) ?? BACKEND;
}

/** Whose vocab_files_names has vocab.json and merges.txt. */
const OF_TABLES = ['GPT2Tokenizer', 'CodeGenTokenizer', 'GPTNeoXTokenizer', 'Qwen2Tokenizer'];

export function buildsFromTables(name: RebuildingClass | typeof BACKEND): name is RebuildingClass {
  return OF_TABLES.includes(name);
}
