import type { Settings } from './settings.ts';
import type { RebuildingClass } from './tokenizerClass.ts';
import type { BpeModel, Component, TokenizerSpec } from './spec.ts';

/** Vocabulary and merges, wherever they were read from. */
export type Tables = Pick<BpeModel, 'vocab' | 'merges'>;
type Built = Pick<TokenizerSpec, 'normalizer' | 'pre_tokenizer' | 'decoder' | 'model'>;

/** PRETOKENIZE_REGEX of models/qwen2/tokenization_qwen2.py and of models/qwen3_5. */
export const QWEN2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|" +
  '\\s+(?!\\S)|\\s+';
export const QWEN3_5 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" +
  '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const NFC = { type: 'NFC' };
const BYTE_DECODER = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
const DIGITS = { type: 'Digits', individual_digits: true };
const MARK = '▁';

/** What the class's __init__ builds in transformers 5.23.0, in tokenizer.json's words. */
export function rebuild(name: RebuildingClass, tables: Tables, settings: Settings): Built {
  const prefix = settings.flag('add_prefix_space');
  switch (name) {
    case 'GPT2Tokenizer':
    case 'CodeGenTokenizer':
      return byteLevel(tables, null, bytes(prefix ?? false, true));
    case 'GPTNeoXTokenizer':
      return byteLevel(tables, NFC, bytes(prefix ?? false, true, settings.flag('trim_offsets') ?? true));
    case 'CohereTokenizer':
      return byteLevel(tables, NFC, sequence([DIGITS, bytes(prefix ?? false, true)]));
    case 'Qwen2Tokenizer':
      return byteLevel(tables, NFC, sequence([regex(QWEN2), bytes(prefix ?? false, false)]));
    case 'Qwen3_5Tokenizer':
      return byteLevel(tables, NFC, sequence([regex(QWEN3_5), bytes(prefix ?? false, false)]));
    case 'LlamaTokenizer':
      return sentencepiece(
        bpe(tables, { fuse_unk: true, byte_fallback: true }),
        null,
        metaspace(prefix === false ? 'never' : settings.flag('legacy') ? 'always' : 'first'),
        prefix !== false,
      );
    case 'CodeLlamaTokenizer':
      return sentencepiece(
        bpe(tables, { fuse_unk: true, byte_fallback: true, unk_token: settings.text('unk_token') }),
        null,
        metaspace(prefix === false ? 'never' : 'first'),
        true,
      );
    case 'GemmaTokenizer':
      return sentencepiece(
        bpe(tables, { fuse_unk: true, byte_fallback: true, unk_token: settings.text('unk_token') }),
        { type: 'Replace', pattern: { String: ' ' }, content: MARK },
        { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
        false,
      );
  }
}

function byteLevel(tables: Tables, normalizer: Component, preTokenizer: Component): Built {
  const model = bpe(tables, { continuing_subword_prefix: '', end_of_word_suffix: '' });
  return { normalizer, pre_tokenizer: preTokenizer, decoder: BYTE_DECODER, model };
}

function sentencepiece(model: BpeModel, normalizer: Component, preTokenizer: Component, strips: boolean): Built {
  const decoders: Component[] = [
    { type: 'Replace', pattern: { String: MARK }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (strips) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  return { normalizer, pre_tokenizer: preTokenizer, decoder: { type: 'Sequence', decoders }, model };
}

function bpe({ vocab, merges }: Tables, settings: Partial<BpeModel>): BpeModel {
  return {
    type: 'BPE',
    vocab,
    merges,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    ...settings,
  };
}

function bytes(prefix: boolean, regex: boolean, trim = true): NonNullable<Component> {
  return { type: 'ByteLevel', add_prefix_space: prefix, trim_offsets: trim, use_regex: regex };
}

function regex(pattern: string): NonNullable<Component> {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function sequence(pretokenizers: readonly NonNullable<Component>[]): Component {
  return { type: 'Sequence', pretokenizers };
}

function metaspace(scheme: 'always' | 'first' | 'never'): Component {
  return { type: 'Metaspace', replacement: MARK, prepend_scheme: scheme, split: false };
}
