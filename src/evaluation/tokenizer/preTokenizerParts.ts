import { z } from 'zod';
import { parse, unsupported } from './component.ts';
import type { Component } from './spec.ts';

type Part = NonNullable<Component>;

const TYPED = z.looseObject({ type: z.string() });
const SEQUENCE = z.object({ pretokenizers: z.array(TYPED) });
const BYTE_LEVEL = z.object({ add_prefix_space: z.boolean(), use_regex: z.boolean().default(true) });
const DIGITS = z.object({ individual_digits: z.boolean() });
const BEHAVIOR = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);
const PUNCTUATION = z.object({ behavior: BEHAVIOR.default('Isolated') });
const METASPACE = z.looseObject({ replacement: z.string(), split: z.boolean().default(true) });
const PATTERN = z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]);
const SPLIT = z.object({ pattern: PATTERN, behavior: BEHAVIOR, invert: z.boolean() });

/** GPT-2's, in openai/gpt-2's encoder.py and in tokenizers' byte_level.rs. */
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const PUNCTUATION_MARK = '[!-/:-@\\[-`{-~\\p{P}]';

/**
 * A pre-tokenizer in words that @huggingface/tokenizers 0.2.0 (https://github.com/huggingface/tokenizers.js) carries
 * out as the Python library does. Its Split by a regular expression agrees over all of Unicode. Its others do not:
 * \s of ByteLevel.ts has U+FEFF and lacks U+0085, \d of Digits.ts is ASCII, Punctuation.ts knows no behaviour,
 * Metaspace.ts never splits, and Split.ts isolates every string and knows neither merging nor Contiguous.
 *
 * @throws InputError for a pre-tokenizer that cannot be said like that
 */
export function preTokenizerParts(component: Component, path: string): Part[] {
  if (component === null) return [];
  switch (component.type) {
    case 'Sequence':
      return parse(SEQUENCE, component, path).pretokenizers.flatMap((part) => preTokenizerParts(part, path));
    case 'ByteLevel':
      return byteLevel(component, path);
    case 'Digits':
      return [isolate(parse(DIGITS, component, path).individual_digits ? '\\p{N}' : '\\p{N}+')];
    case 'Punctuation':
      return split(PUNCTUATION_MARK, parse(PUNCTUATION, component, path).behavior, component, path);
    case 'WhitespaceSplit':
      return [{ ...isolate('\\s+'), behavior: 'Removed' }];
    case 'Metaspace': {
      const { replacement, split: splits } = parse(METASPACE, component, path);
      return splits ? [component, ...split(escaped(replacement), 'MergedWithNext', component, path)] : [component];
    }
    case 'Split': {
      const { pattern, behavior, invert } = parse(SPLIT, component, path);
      const source = 'Regex' in pattern ? pattern.Regex : escaped(pattern.String);
      if (!invert) return split(source, behavior, component, path);
      if (behavior === 'Removed') return [{ ...isolate(source), behavior, invert }];
    }
  }
  throw unsupported('pre-tokenizer', component.type, path);
}

function byteLevel(component: Part, path: string): Part[] {
  const { add_prefix_space: prefix, use_regex: regex } = parse(BYTE_LEVEL, component, path);
  if (!regex) return [component];
  const space = { type: 'Replace', pattern: { Regex: '\\A(?! )' }, content: ' ' };
  return [...(prefix ? [space] : []), isolate(GPT2), { ...component, add_prefix_space: false, use_regex: false }];
}

/** @param source what matches; for all but Isolated and Removed one character, or a class of them */
function split(source: string, behavior: z.output<typeof BEHAVIOR>, component: Part, path: string): Part[] {
  if (behavior === 'Isolated') return [isolate(source)];
  // String.split would hand the captured groups on as pieces.
  if (behavior === 'Removed' && !/\((?!\?)/.test(source)) return [{ ...isolate(source), behavior }];
  const other = otherThan(source);
  if (other === undefined || behavior === 'Removed') throw unsupported(`${behavior} pre-tokenizer`, component.type, path);
  if (behavior === 'Contiguous') return [isolate(`(?:${source})+`)];
  return [isolate(behavior === 'MergedWithNext' ? `${source}${other}*|${other}+` : `${other}*${source}|${other}+`)];
}

/** All characters but one, or but those of a class. */
function otherThan(source: string): string | undefined {
  if (source === PUNCTUATION_MARK) return source.replace('[', '[^');
  return /^(?:[^\\]|\\[^A-Za-z0-9])$/u.test(source) ? `[^${source}]` : undefined;
}

function isolate(source: string): Part {
  return { type: 'Split', pattern: { Regex: source }, behavior: 'Isolated', invert: false };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
