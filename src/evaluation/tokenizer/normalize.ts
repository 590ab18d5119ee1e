import { z } from 'zod';
import { parse, unsupported } from './component.ts';
import { PATTERN, regExpOf } from './pattern.ts';
import type { Component } from './spec.ts';
import { afterSpaces, beforeSpaces } from './unicode.ts';

export interface Normalized {
  readonly text: string;
  /** It still begins where the original does: nothing was taken away there. */
  readonly fromStart: boolean;
}
export type Normalize = (text: Normalized) => Normalized;

const REPLACE = z.object({ pattern: PATTERN, content: z.string() });
const STRIP = z.object({ strip_left: z.boolean(), strip_right: z.boolean() });
const SEQUENCE = z.object({ normalizers: z.array(z.looseObject({ type: z.string() })) });
const PREPEND = z.object({ prepend: z.string() });

/** @throws InputError for a normalizer that PortLLM does not reproduce */
export function normalizerOf(component: Component, path: string): Normalize {
  if (component === null) return (text) => text;
  switch (component.type) {
    case 'Sequence':
      return sequence(parse(SEQUENCE, component, path).normalizers.map((part) => normalizerOf(part, path)));
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return form(component.type);
    case 'Lowercase':
      return lowercase;
    case 'Prepend':
      return prepend(parse(PREPEND, component, path).prepend);
    case 'Strip':
      return strip(parse(STRIP, component, path));
    case 'Replace':
      return replace(parse(REPLACE, component, path), path);
    default:
      throw unsupported('normalizer', component.type, path);
  }
}

function sequence(parts: readonly Normalize[]): Normalize {
  return (text) => parts.reduce((before, part) => part(before), text);
}

function form(name: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalize {
  return ({ text, fromStart }) => ({ text: text.normalize(name), fromStart });
}

/** Character by character: a final sigma stays σ, which JavaScript's toLowerCase makes ς. */
function lowercase({ text, fromStart }: Normalized): Normalized {
  const lower = text.replace(/\p{Changes_When_Lowercased}/gu, (character) => character.toLowerCase());
  return { text: lower, fromStart };
}

/** Nothing is put before an empty text; the library does put it there. */
function prepend(prefix: string): Normalize {
  return ({ text, fromStart }) => ({ text: text === '' ? '' : prefix + text, fromStart });
}

function strip({ strip_left: left, strip_right: right }: z.output<typeof STRIP>): Normalize {
  return ({ text, fromStart }) => {
    const start = left ? afterSpaces(text, 0) : 0;
    const end = right ? beforeSpaces(text, start, text.length) : text.length;
    return { text: text.slice(start, end), fromStart: fromStart && start === 0 };
  };
}

/** Every match gives way to the content as it stands: $& is no reference in Rust. */
function replace({ pattern, content }: z.output<typeof REPLACE>, path: string): Normalize {
  const wanted = 'String' in pattern ? pattern.String : regExpOf(pattern.Regex, path);
  return ({ text, fromStart }) => {
    let taken = false;
    const replaced = text.replaceAll(wanted, (found: string, ...rest: unknown[]) => {
      taken ||= content === '' && found !== '' && rest.find((value) => typeof value === 'number') === 0;
      return content;
    });
    return { text: replaced, fromStart: fromStart && !taken };
  };
}
