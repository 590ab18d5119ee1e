import { z } from 'zod';
import { spellBytes } from '../../checkpoint/vocabulary/byteLevel.ts';
import { parse, unsupported } from './component.ts';
import { PATTERN, regExpOf } from './pattern.ts';
import type { Component } from './spec.ts';

type Step = (tokens: readonly string[]) => readonly string[];

const SEQUENCE = z.object({ decoders: z.array(z.looseObject({ type: z.string() })) });
const REPLACE = z.object({ pattern: PATTERN, content: z.string() });
const STRIP = z.object({ content: z.string(), start: z.number().int(), stop: z.number().int() });
const METASPACE = z.object({
  replacement: z.string(),
  prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
});

const BYTES = new Map(Array.from({ length: 256 }, (_, byte) => [spellBytes(Uint8Array.of(byte)), byte]));

/** Bytes as String::from_utf8_lossy reads them; a byte order mark stays, which ByteFallback.ts would drop. */
const LOSSY = new TextDecoder('utf-8', { ignoreBOM: true });
const STRICT = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/**
 * tokenizers' decoders: every token's text, added tokens among them, goes through the chain.
 *
 * @throws InputError for a decoder that PortLLM does not reproduce
 */
export function decoderOf(component: Component, path: string): (tokens: readonly string[]) => string {
  if (component === null) return (tokens) => tokens.join(' ');
  const step = stepOf(component, path);
  return (tokens) => step(tokens).join('');
}

function stepOf(component: NonNullable<Component>, path: string): Step {
  switch (component.type) {
    case 'Sequence': {
      const steps = parse(SEQUENCE, component, path).decoders.map((part) => stepOf(part, path));
      return (tokens) => steps.reduce((before, step) => step(before), tokens);
    }
    case 'ByteLevel':
      return byteLevel;
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Replace': {
      const { pattern, content } = parse(REPLACE, component, path);
      const wanted = 'String' in pattern ? pattern.String : regExpOf(pattern.Regex, path);
      return (tokens) => tokens.map((token) => token.replaceAll(wanted, () => content));
    }
    case 'Strip':
      return strip(parse(STRIP, component, path));
    case 'Metaspace':
      return metaspace(parse(METASPACE, component, path));
    default:
      throw unsupported('decoder', component.type, path);
  }
}

/** A token with a character that spells no byte stands for itself. */
function byteLevel(tokens: readonly string[]): string[] {
  return [LOSSY.decode(Buffer.concat(tokens.map(bytesOf)))];
}

function bytesOf(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : Buffer.from(token);
}

/** Bytes that are no UTF-8 together become one U+FFFD each (ByteFallback.ts: one for each maximal subpart). */
function byteFallback(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) texts.push(...textsOf(Uint8Array.from(bytes)));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([\dA-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(parseInt(byte, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}

function textsOf(bytes: Uint8Array): string[] {
  try {
    return [STRICT.decode(bytes)];
  } catch {
    return Array.from(bytes, () => '\uFFFD');
  }
}

function strip({ content, start, stop }: z.output<typeof STRIP>): Step {
  return (tokens) =>
    tokens.map((token) => {
      const characters = Array.from(token);
      let first = 0;
      while (first < start && characters[first] === content) first++;
      let last = characters.length;
      while (characters.length - last < stop && last > first && characters[last - 1] === content) last--;
      return characters.slice(first, last).join('');
    });
}

/** All marks of the first token go, not only the first one. */
function metaspace({ replacement, prepend_scheme: scheme }: z.output<typeof METASPACE>): Step {
  return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && scheme !== 'never' ? '' : ' '));
}

const CLEAN_UP: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** clean_up_tokenization of transformers' tokenization_utils_base.py, where a setting asks for it. */
export function cleanUp(text: string): string {
  return CLEAN_UP.reduce((before, [spaced, joined]) => before.replaceAll(spaced, joined), text);
}
