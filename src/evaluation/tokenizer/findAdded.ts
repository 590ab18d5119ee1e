import type { Normalized } from './normalize.ts';
import type { AddedToken } from './spec.ts';
import { afterSpaces, beforeSpaces, WORD } from './unicode.ts';

/** A stretch of text, or an added token in its place. */
export type Section = Normalized | { readonly id: number };

export interface Pattern {
  /** What is looked for: the token's content, normalised where the token is. */
  readonly text: string;
  readonly id: number;
  readonly token: AddedToken;
  /** It takes its place without counting: the model reads it. */
  readonly ignored: boolean;
}

interface Node {
  readonly next: Map<number, Node>;
  pattern?: Pattern;
}

const WORD_BEFORE = new RegExp(`[${WORD}]$`, 'u');
const WORD_AFTER = new RegExp(`^[${WORD}]`, 'u');

/**
 * tokenizers' AddedVocabulary::find_matches: the leftmost-longest patterns; a token for single words only counts between
 * what is no word; lstrip and rstrip take the white space beside them.
 *
 * @returns a function that cuts a text into sections
 */
export function addedTokenFinder(patterns: Iterable<Pattern>): (text: Normalized) => Section[] {
  const root = trie(patterns);
  return ({ text, fromStart }) => {
    const sections: Section[] = [];
    let done = 0;
    for (let at = 0; at < text.length;) {
      const found = longestAt(root, text, at);
      if (found === undefined) {
        at++;
        continue;
      }
      const end = at + found.text.length;
      const span = found.ignored ? undefined : spanOf(found.token, text, at, end, done);
      at = end;
      if (span === undefined) continue;
      if (span.start > done) sections.push({ text: text.slice(done, span.start), fromStart: fromStart && done === 0 });
      sections.push({ id: found.id });
      done = span.end;
      at = Math.max(at, done);
    }
    if (done < text.length) sections.push({ text: text.slice(done), fromStart: fromStart && done === 0 });
    return sections;
  };
}

function trie(patterns: Iterable<Pattern>): Node {
  const root: Node = { next: new Map() };
  for (const pattern of patterns) {
    if (pattern.text === '') continue;
    let node = root;
    for (let i = 0; i < pattern.text.length; i++) {
      const unit = pattern.text.charCodeAt(i);
      let next = node.next.get(unit);
      if (next === undefined) node.next.set(unit, (next = { next: new Map() }));
      node = next;
    }
    node.pattern ??= pattern;
  }
  return root;
}

function longestAt(root: Node, text: string, at: number): Pattern | undefined {
  let node = root.next.get(text.charCodeAt(at));
  let found: Pattern | undefined;
  for (let i = at + 1; node !== undefined; i++) {
    found = node.pattern ?? found;
    node = i < text.length ? node.next.get(text.charCodeAt(i)) : undefined;
  }
  return found;
}

/** @param done where the match before ends: its white space is not taken twice */
function spanOf(
  token: AddedToken,
  text: string,
  start: number,
  end: number,
  done: number,
): { start: number; end: number } | undefined {
  if (
    token.single_word &&
    (WORD_BEFORE.test(text.slice(Math.max(0, start - 2), start)) || WORD_AFTER.test(text.slice(end)))
  )
    return undefined;
  return {
    start: token.lstrip ? beforeSpaces(text, done, start) : start,
    end: token.rstrip ? afterSpaces(text, end) : end,
  };
}
