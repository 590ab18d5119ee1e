import type { Vocabulary } from './vocabulary.ts';

/** How the kinds of tokenizers spell the beginning or the inside of a word: GPT-2's bytes, sentencepiece, WordPiece. */
const MARKS = ['Ġ', '▁', '##'] as const;

/** A vocabulary marks a good part of its tokens (a third is usual); a few may carry a foreign mark by chance. */
const LEAST_MARKED = 0.02;

/**
 * Small vocabularies are mostly letters and syllables, which all kinds spell alike, so that the share of common tokens
 * does not tell them apart: a byte-level vocabulary of 2,048 tokens shares 43 % with Llama 2's sentencepiece.
 */
export function usesOtherSpelling(older: Vocabulary, newer: Vocabulary): boolean {
  const [a, b] = [markOf(older), markOf(newer)];
  return a !== undefined && b !== undefined && a !== b;
}

function markOf({ ids }: Vocabulary): string | undefined {
  const counts = new Map<string, number>();
  for (const token of ids.keys()) {
    const mark = MARKS.find((mark) => token.length > mark.length && token.startsWith(mark));
    if (mark !== undefined) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most !== undefined && most[1] > LEAST_MARKED * ids.size ? most[0] : undefined;
}
