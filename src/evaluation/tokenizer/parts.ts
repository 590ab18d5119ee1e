import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import { issueText } from '../../base/schemaIssue.ts';
import { notReproduced } from './component.ts';
import type { Component, TokenizerSpec } from './spec.ts';

type Kind = 'normalizer' | 'pre_tokenizer' | 'decoder';
const NAMES: Readonly<Record<Kind, string>> = {
  normalizer: 'Normalizer',
  pre_tokenizer: 'PreTokenizer',
  decoder: 'Decoder',
};

/** Real ones have up to ten, and each goes over the whole text. */
const MOST_PARTS = 40;
/** The longest known has 700. */
const MOST_IN_PATTERN = 4000;
const MOST_IN_TEXT = 256;

const TEXT = z.string().max(MOST_IN_TEXT, `it is longer than ${MOST_IN_TEXT} characters`);
const PATTERN = z.union(
  [z.object({ Regex: z.string().max(MOST_IN_PATTERN) }), z.object({ String: z.string().max(MOST_IN_TEXT) })],
  'it is no pattern, or a very long one',
);
const CHARACTER = z.string().regex(/^.?$/su, 'it is more than one character').nullish();
const FLAG = z.boolean().nullish();
const COUNT = z.number().int().nonnegative().nullish();
const ANY = z.object({});
const REPLACE = z.object({ pattern: PATTERN, content: TEXT });
const TYPED = z.array(z.looseObject({ type: z.string() }));

/** What each type must say. The types are those that @huggingface/tokenizers has. */
const TYPES: Readonly<Record<Kind, Readonly<Record<string, z.ZodType>>>> = {
  normalizer: {
    Sequence: z.object({ normalizers: TYPED }),
    Replace: REPLACE,
    Prepend: z.object({ prepend: TEXT }),
    ...same(['BertNormalizer', 'Precompiled', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Strip', 'StripAccents', 'Lowercase']),
  },
  pre_tokenizer: {
    Sequence: z.object({ pretokenizers: TYPED }),
    Replace: REPLACE,
    Split: z.object({ pattern: PATTERN, behavior: z.string().nullish(), invert: FLAG }),
    Metaspace: z.object({ replacement: CHARACTER, str_rep: CHARACTER, prepend_scheme: z.string().nullish() }),
    FixedLength: z.object({ length: z.number().int().positive() }),
    ByteLevel: z.object({ add_prefix_space: FLAG, use_regex: FLAG }),
    ...same(['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit', 'Punctuation', 'Digits']),
  },
  decoder: {
    Sequence: z.object({ decoders: TYPED }),
    Replace: REPLACE,
    WordPiece: z.object({ prefix: TEXT.nullish(), cleanup: FLAG }),
    Metaspace: z.object({ replacement: CHARACTER }),
    BPEDecoder: z.object({ suffix: TEXT.nullish() }),
    CTC: z.object({ pad_token: TEXT.nullish(), word_delimiter_token: TEXT.nullish(), cleanup: FLAG }),
    Strip: z.object({ content: z.string().nullish(), start: COUNT, stop: COUNT }),
    ...same(['ByteLevel', 'Fuse', 'ByteFallback']),
  },
};
const LISTS = { normalizer: 'normalizers', pre_tokenizer: 'pretokenizers', decoder: 'decoders' } as const;

function same(types: readonly string[]): Record<string, z.ZodType> {
  return Object.fromEntries(types.map((type) => [type, ANY]));
}

/** @throws InputError unless each part says what its type needs, before anything is made of it */
export function checkParts(spec: TokenizerSpec, path: string): void {
  let byteLevels = 0;
  for (const kind of ['normalizer', 'pre_tokenizer', 'decoder'] as const) {
    const parts = [spec[kind]];
    for (const part of parts) {
      if (part === null) continue;
      checkPart(kind, part, path);
      if (kind === 'pre_tokenizer' && part.type === 'ByteLevel' && ++byteLevels > 1)
        throw notReproduced(path, 'a pre_tokenizer that spells bytes twice');
      if (part.type === 'Sequence')
        parts.push(...(part[LISTS[kind]] as NonNullable<Component>[]).slice(0, MOST_PARTS + 1));
      if (parts.length > MOST_PARTS) throw notReproduced(path, `a ${kind} of more than ${MOST_PARTS} parts`);
    }
  }
}

function checkPart(kind: Kind, part: NonNullable<Component>, path: string): void {
  const types = TYPES[kind];
  if (!Object.hasOwn(types, part.type)) throw unknownType(kind, part.type, path);
  const result = types[part.type]?.safeParse(part);
  if (result?.success === false)
    throw new InputError(`${path}: its ${kind} is malformed: ${brief(issueText(result.error, part.type))}.`);
}

function unknownType(kind: Kind, type: string, path: string): InputError {
  return notReproduced(path, `Unknown ${NAMES[kind]} type: ${brief(type, 40)}`);
}
