import { QWEN2, QWEN3_5 } from '../rebuild.ts';

const CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d";
const LINES_AND_SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const UPPER = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}';
const LOWER = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}';

function o200k(afterWord: string, digits: string): string {
  return (
    `[^\\r\\n\\p{L}\\p{N}]?[${UPPER}]*[${LOWER}]+${afterWord}|[^\\r\\n\\p{L}\\p{N}]?[${UPPER}]+[${LOWER}]*${afterWord}|` +
    `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${LINES_AND_SPACES}`
  );
}

/**
 * Patterns of the known tokenizers. What a part of them may go through in vain is always taken by a later one, so that they take
 * linear time as they are; JavaScript's own engine is twenty times faster than ours.
 */
export const KNOWN_PATTERNS: ReadonlySet<string> = new Set([
  // GPT-2, Phi
  `${CONTRACTIONS}| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`,
  // Llama 3
  `(?i:${CONTRACTIONS})|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${LINES_AND_SPACES}`,
  QWEN2,
  QWEN3_5,
  // Phi-4, Llama 4, gpt-oss; Mistral's Tekken
  o200k(`(?i:${CONTRACTIONS})?`, '\\p{N}{1,3}'),
  o200k('', '\\p{N}'),
  // DeepSeek V3, in three parts
  '\\p{N}{1,3}',
  '[一-龥\u3040-ゟ゠-ヿ]+',
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|' +
    LINES_AND_SPACES,
  // Falcon
  '[0-9][0-9][0-9]',
]);
