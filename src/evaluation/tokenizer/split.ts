import { z } from 'zod';

/** What becomes of the text that a pattern matches (tokenizers' SplitDelimiterBehavior). */
export const BEHAVIOR = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);
export type Behavior = z.output<typeof BEHAVIOR>;

export interface Cut {
  readonly parts: readonly string[];
  /** The first part begins where the text does. */
  readonly fromStart: boolean;
}

interface Part {
  readonly text: string;
  readonly match: boolean;
}

/**
 * NormalizedString::split. @huggingface/tokenizers knows no merging and no Contiguous, takes every string pattern as
 * Isolated and drops what an inverted one does not match (src/core/preTokenizer/Split.ts).
 */
export function split(text: string, pattern: RegExp, behavior: Behavior, invert: boolean): Cut {
  const parts = cut(text, pattern, invert);
  const texts = merge(parts, behavior).filter((part) => part !== '');
  return { parts: texts, fromStart: behavior !== 'Removed' || parts[0]?.match === false };
}

/** Without the empty matches that a pattern like \s* finds. */
function cut(text: string, pattern: RegExp, invert: boolean): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > done) parts.push({ text: text.slice(done, found.index), match: invert });
    if (found[0] !== '') parts.push({ text: found[0], match: !invert });
    done = found.index + found[0].length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), match: invert });
  return parts;
}

function merge(parts: readonly Part[], behavior: Behavior): string[] {
  if (behavior === 'Isolated') return parts.map(({ text }) => text);
  if (behavior === 'Removed') return parts.filter(({ match }) => !match).map(({ text }) => text);
  const merged: string[] = [];
  parts.forEach(({ text, match }, i) => {
    const last = merged.length - 1;
    if (i > 0 && joins(behavior, parts[i - 1]?.match === true, match)) merged[last] = `${merged[last] ?? ''}${text}`;
    else merged.push(text);
  });
  return merged;
}

/** Whether a part joins the one before it. */
function joins(behavior: Behavior, matchBefore: boolean, match: boolean): boolean {
  if (behavior === 'Contiguous') return matchBefore === match;
  return behavior === 'MergedWithPrevious' ? match && !matchBefore : matchBefore && !match;
}
