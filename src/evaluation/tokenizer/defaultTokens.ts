import type { Json } from './settings.ts';
import type { BACKEND, RebuildingClass } from './tokenizerClass.ts';

const END_OF_TEXT = '<|endoftext|>';

/** The special tokens that a class has unless its settings say otherwise: the parameters of its __init__. */
const DEFAULTS: Record<RebuildingClass, Json> = {
  GPT2Tokenizer: { unk_token: END_OF_TEXT, bos_token: END_OF_TEXT, eos_token: END_OF_TEXT },
  CodeGenTokenizer: { unk_token: END_OF_TEXT, bos_token: END_OF_TEXT, eos_token: END_OF_TEXT },
  GPTNeoXTokenizer: {
    unk_token: END_OF_TEXT,
    bos_token: END_OF_TEXT,
    eos_token: END_OF_TEXT,
    pad_token: '<|padding|>',
  },
  LlamaTokenizer: { unk_token: '<unk>', bos_token: '<s>', eos_token: '</s>' },
  CodeLlamaTokenizer: {
    unk_token: '<unk>',
    bos_token: '<s>',
    eos_token: '</s>',
    prefix_token: '▁<PRE>',
    middle_token: '▁<MID>',
    suffix_token: '▁<SUF>',
    eot_token: '▁<EOT>',
    fill_token: '<FILL_ME>',
  },
  GemmaTokenizer: {
    unk_token: '<unk>',
    bos_token: '<bos>',
    eos_token: '<eos>',
    pad_token: '<pad>',
    mask_token: '<mask>',
  },
  Qwen2Tokenizer: { unk_token: END_OF_TEXT, eos_token: END_OF_TEXT, pad_token: END_OF_TEXT },
  Qwen3_5Tokenizer: { unk_token: END_OF_TEXT, eos_token: END_OF_TEXT, pad_token: END_OF_TEXT },
  CohereTokenizer: {
    unk_token: '<UNK>',
    bos_token: '<BOS_TOKEN>',
    eos_token: '<|END_OF_TURN_TOKEN|>',
    pad_token: '<PAD>',
    cls_token: '<CLS>',
    sep_token: '<SEP>',
    mask_token: '<MASK_TOKEN>',
  },
};

export function defaultTokens(name: RebuildingClass | typeof BACKEND): Json {
  return name === 'TokenizersBackend' ? {} : DEFAULTS[name];
}
