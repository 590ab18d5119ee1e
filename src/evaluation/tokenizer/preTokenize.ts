import { z } from 'zod';
import { spellBytes } from '../../checkpoint/vocabulary/byteLevel.ts';
import { parse, unsupported } from './component.ts';
import { PATTERN, regExpOf } from './pattern.ts';
import { BEHAVIOR, split, type Behavior, type Cut } from './split.ts';
import type { Component } from './spec.ts';
import { WORD } from './unicode.ts';

/** Pieces of a text that the model sees one by one. */
export interface Pieces {
  readonly texts: readonly string[];
  /** The first piece begins the whole input: Metaspace's scheme "first" asks. */
  readonly fromStart: boolean;
}
export type PreTokenize = (pieces: Pieces) => Pieces;

const SEQUENCE = z.object({ pretokenizers: z.array(z.looseObject({ type: z.string() })) });
const SPLIT = z.object({ pattern: PATTERN, behavior: BEHAVIOR, invert: z.boolean() });
const BYTE_LEVEL = z.object({ add_prefix_space: z.boolean(), use_regex: z.boolean().default(true) });
const DIGITS = z.object({ individual_digits: z.boolean() });
const PUNCTUATION = z.object({ behavior: BEHAVIOR.default('Isolated') });
const DELIMITER = z.object({ delimiter: z.string() });
const METASPACE = z.object({
  replacement: z.string(),
  prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
  split: z.boolean().default(true),
});

/** GPT-2's, in openai/gpt-2's encoder.py and in tokenizers' byte_level.rs. */
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
/** char::is_numeric, which is more than JavaScript's \d. */
const DIGIT = /\p{N}/gu;
const DIGITS_RUN = /\p{N}+/gu;
/** ASCII punctuation and what Unicode calls punctuation, one by one. */
const PUNCTUATION_MARK = /[!-/:-@[-`{-~\p{P}]/gu;
const WHITE_SPACE = /\p{White_Space}/gu;
const WORDS = new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, 'gu');

/** @throws InputError for a pre-tokenizer that PortLLM does not reproduce */
export function preTokenizerOf(component: Component, path: string): PreTokenize {
  if (component === null) return (pieces) => pieces;
  switch (component.type) {
    case 'Sequence':
      return sequence(parse(SEQUENCE, component, path).pretokenizers.map((part) => preTokenizerOf(part, path)));
    case 'Split': {
      const { pattern, behavior, invert } = parse(SPLIT, component, path);
      return splitter('String' in pattern ? literal(pattern.String) : regExpOf(pattern.Regex, path), behavior, invert);
    }
    case 'ByteLevel':
      return byteLevel(parse(BYTE_LEVEL, component, path), path);
    case 'Digits':
      return splitter(parse(DIGITS, component, path).individual_digits ? DIGIT : DIGITS_RUN, 'Isolated');
    case 'Punctuation':
      return splitter(PUNCTUATION_MARK, parse(PUNCTUATION, component, path).behavior);
    case 'CharDelimiterSplit':
      return splitter(literal(parse(DELIMITER, component, path).delimiter), 'Removed');
    case 'Whitespace':
      return splitter(WORDS, 'Removed', true);
    case 'WhitespaceSplit':
      return splitter(WHITE_SPACE, 'Removed');
    case 'Metaspace':
      return metaspace(parse(METASPACE, component, path));
    default:
      throw unsupported('pre-tokenizer', component.type, path);
  }
}

function sequence(parts: readonly PreTokenize[]): PreTokenize {
  return (pieces) => parts.reduce((before, part) => part(before), pieces);
}

function splitter(pattern: RegExp, behavior: Behavior, invert = false): PreTokenize {
  return (pieces) => each(pieces, (text) => split(text, pattern, behavior, invert));
}

function each({ texts, fromStart }: Pieces, cut: (text: string, first: boolean) => Cut): Pieces {
  const all: string[] = [];
  let stillFromStart = fromStart;
  texts.forEach((text, i) => {
    const { parts, fromStart: first } = cut(text, fromStart && i === 0);
    if (i === 0) stillFromStart &&= first && parts.length > 0;
    for (const part of parts) all.push(part);
  });
  return { texts: all, fromStart: stillFromStart };
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu');
}

function byteLevel(
  { add_prefix_space: prefix, use_regex: regex }: z.output<typeof BYTE_LEVEL>,
  path: string,
): PreTokenize {
  const words = regex ? splitter(regExpOf(GPT2, path), 'Isolated') : undefined;
  return ({ texts, fromStart }) => {
    const spaced = {
      texts: prefix ? texts.map((text) => (text.startsWith(' ') ? text : ` ${text}`)) : texts,
      fromStart,
    };
    const cut = words ? words(spaced) : spaced;
    return { texts: cut.texts.map(spell), fromStart };
  };
}

/** Printable ASCII stands for itself, and most words are that, after a space. */
function spell(text: string): string {
  if (/^ ?[!-~]*$/.test(text)) return text.startsWith(' ') ? `Ġ${text.slice(1)}` : text;
  return spellBytes(Buffer.from(text));
}

/** @huggingface/tokenizers never splits here, and takes all of the first section for "first" (Metaspace.ts). */
function metaspace({ replacement, prepend_scheme: scheme, split: splits }: z.output<typeof METASPACE>): PreTokenize {
  const pattern = literal(replacement);
  return (pieces) =>
    each(pieces, (text, first) => {
      const spelled = text.replaceAll(' ', () => replacement);
      const prepends = (scheme === 'always' || (scheme === 'first' && first)) && !spelled.startsWith(replacement);
      const whole = prepends ? replacement + spelled : spelled;
      return splits ? split(whole, pattern, 'MergedWithNext', false) : { parts: [whole], fromStart: true };
    });
}
