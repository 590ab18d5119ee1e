import { z } from 'zod';
import { parse, unsupported } from './component.ts';
import type { Component } from './spec.ts';

type Part = NonNullable<Component>;

const SEQUENCE = z.object({ normalizers: z.array(z.looseObject({ type: z.string() })) });
const STRIP = z.object({ strip_left: z.boolean(), strip_right: z.boolean() });
const REPLACE = z.looseObject({ content: z.string() });
const PREPEND = z.object({ prepend: z.string() });
const AS_THEY_ARE = ['NFC', 'NFD', 'NFKC', 'NFKD', 'StripAccents'];

/**
 * A normalizer in words that @huggingface/tokenizers 0.2.0 carries out as the Python library does: trim() of Strip.ts
 * knows other white space, toLowerCase() of Lowercase.ts makes a final sigma another letter, Prepend.ts puts
 * something before nothing, and Replace.ts takes $& in the content for the match. Precompiled.ts and BertNormalizer.ts are approximations.
 *
 * @throws InputError for a normalizer that cannot be said like that
 */
export function normalizerParts(component: Component, path: string): Part[] {
  if (component === null) return [];
  if (AS_THEY_ARE.includes(component.type)) return [component];
  switch (component.type) {
    case 'Sequence':
      return parse(SEQUENCE, component, path).normalizers.flatMap((part) => normalizerParts(part, path));
    case 'Lowercase':
      return [replace({ String: 'Σ' }, 'σ'), component];
    case 'Strip': {
      const { strip_left: left, strip_right: right } = parse(STRIP, component, path);
      const ends = [...(left ? ['\\A\\s+'] : []), ...(right ? ['\\s+\\z'] : [])];
      return ends.map((Regex) => replace({ Regex }, ''));
    }
    case 'Prepend':
      return [replace({ Regex: '\\A(?=[\\s\\S])' }, literally(parse(PREPEND, component, path).prepend))];
    case 'Replace':
      return [{ ...component, content: literally(parse(REPLACE, component, path).content) }];
    default:
      throw unsupported('normalizer', component.type, path);
  }
}

/** For JavaScript's replaceAll. */
function literally(content: string): string {
  return content.replaceAll('$', '$$$$');
}

function replace(pattern: object, content: string): Part {
  return { type: 'Replace', pattern, content };
}
