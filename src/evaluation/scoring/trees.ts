import type { TokenTree } from '../../model/rows.ts';
import type { Sequence } from './sequences.ts';

/** A row for the network, and which of its places predict which token of which sequence. */
export interface ScoringRow {
  readonly tree: TokenTree;
  readonly tokens: number;
  readonly targets: readonly RowTarget[];
}

export interface RowTarget {
  /** The sequence's number in what was asked. */
  readonly sequence: number;
  readonly place: number;
  readonly token: number;
}

/** A tree must spare so many of the tokens, because its mask costs time too. */
const WORTHWHILE = 0.8;

/**
 * The sequences of one item as rows: those that share their beginning as one tree, so that the shared context is computed once.
 * Choices of a single token need no branches at all: the context's last place predicts them all.
 */
export function makeRows(sequences: readonly Sequence[], first: number): ScoringRow[] {
  const numbered = sequences.map((sequence, i) => ({ sequence, number: first + i }));
  const separate = sequences.reduce((sum, { input }) => sum + input.length, 0);
  const joined = joinRow(numbered);
  if (joined.tree.branches.length === 0 || joined.tokens <= WORTHWHILE * separate) return [joined];
  return numbered.map((one) => joinRow([one]));
}

interface Numbered {
  readonly sequence: Sequence;
  readonly number: number;
}

function joinRow(numbered: readonly Numbered[]): ScoringRow {
  const shared = commonPrefix(numbered.map(({ sequence }) => sequence.input));
  const rests = distinct(
    numbered.map(({ sequence }) => sequence.input.slice(shared)).filter(({ length }) => length > 0),
  );
  const prefix = numbered[0]?.sequence.input.slice(0, shared) ?? [];
  const [only = []] = rests;
  const tree = rests.length > 1 ? { prefix, branches: rests } : { prefix: [...prefix, ...only], branches: [] };
  const begins = new Map<string, number>();
  let begin = shared;
  for (const rest of rests) {
    begins.set(String(rest), begin);
    begin += rest.length;
  }
  const targets = numbered.flatMap(({ sequence: { input, targets: tokens }, number }) => {
    const start = begins.get(String(input.slice(shared))) ?? shared;
    return tokens.map((token, i) => {
      const position = input.length - tokens.length + i;
      return { sequence: number, place: position < shared ? position : start + position - shared, token };
    });
  });
  return { tree, tokens: begin, targets };
}

function commonPrefix(sequences: readonly (readonly number[])[]): number {
  const [first = [], ...others] = sequences;
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length] && length < other.length))
    length++;
  return length;
}

function distinct(sequences: readonly (readonly number[])[]): (readonly number[])[] {
  return [...new Map(sequences.map((sequence) => [String(sequence), sequence])).values()];
}
