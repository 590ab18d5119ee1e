/** What belongs to a checkpoint besides its weights; carried along into a ported checkpoint. */
const SIDE_FILES = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'preprocessor_config.json',
  'processor_config.json',
  'video_preprocessor_config.json',
]);
const PATTERNS = [/^(LICEN[CS]E|NOTICE|USE_POLICY)(\.(md|txt))?$/i, /\.py$/];
const TOKENIZER_FILES =
  /^(tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt|chat_template\.(jinja|json))$/;

/** The side files of a base model, by name, in order. */
export function sideFiles(names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => SIDE_FILES.has(name) || PATTERNS.some((pattern) => pattern.test(name))).sort();
}

/** The tokenizer files that an adapter folder may carry. */
export function tokenizerFiles(names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => TOKENIZER_FILES.test(name)).sort();
}
