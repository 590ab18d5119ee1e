import { InputError } from '../../base/errors.ts';
import { usesOtherSpelling } from './spelling.ts';
import type { Token, Vocabulary } from './vocabulary.ts';

/** No tokenizer read here has more ids than half of it. */
const MOST_ROWS = 2 ** 23;

/** Below this share, what two vocabularies have in common is chance: single letters and the like. */
export const LEAST_SHARED = 0.5;

export interface MovedToken {
  readonly token: string;
  readonly from: number;
  readonly to: number;
}

/** What a newer vocabulary did to an older one, by token string; lists in the order of the rows. */
export interface VocabularyChange {
  /** Every token has the id that it had. */
  readonly same: boolean;
  /** They are vocabularies of different kinds, and nothing can be carried over by token string. */
  readonly different: boolean;
  /** Which part of the smaller vocabulary's tokens the other one has too, 0…1. */
  readonly shared: number;
  readonly added: readonly Token[];
  readonly removed: readonly Token[];
  readonly moved: readonly MovedToken[];
  /**
   * The old row of what stands in a new row. A row without a token is padding, and has an old row only where that row
   * is padding too.
   */
  readonly rowOfNew: (id: number) => number | undefined;
}

export function compareVocabularies(older: Vocabulary, newer: Vocabulary): VocabularyChange {
  const added: Token[] = [];
  const moved: MovedToken[] = [];
  for (const [token, to] of byRow(newer)) {
    const from = older.ids.get(token);
    if (from === undefined) added.push({ token, id: to });
    else if (from !== to) moved.push({ token, from, to });
  }
  const removed: Token[] = [];
  for (const [token, id] of byRow(older)) if (!newer.ids.has(token)) removed.push({ token, id });
  const shared = sharedPart(older, newer, removed.length);
  return {
    same: added.length + removed.length + moved.length === 0,
    different: shared < LEAST_SHARED || usesOtherSpelling(older, newer),
    shared,
    added,
    removed,
    moved,
    rowOfNew: (id) => rowOfNew(older, newer, id),
  };
}

/**
 * Of the smaller one: a vocabulary that was doubled (Atom-7B: 32,000 to 65,000) still has all that it had.
 */
function sharedPart(older: Vocabulary, newer: Vocabulary, removed: number): number {
  const smaller = Math.min(older.ids.size, newer.ids.size);
  if (smaller === 0) return older.ids.size === newer.ids.size ? 1 : 0;
  return (older.ids.size - removed) / smaller;
}

function* byRow({ tokens }: Vocabulary): Generator<[string, number]> {
  for (const [id, token] of tokens.entries()) if (token !== undefined) yield [token, id];
}

function rowOfNew(older: Vocabulary, newer: Vocabulary, id: number): number | undefined {
  const token = newer.tokens[id];
  if (token !== undefined) return older.ids.get(token);
  return older.tokens[id] === undefined ? id : undefined;
}

/**
 * Entry i is the old row for the new row i, or −1 where there is none. A tokenizer may know tokens that the model
 * never got rows for (a [PAD] added without resizing), which is why the old model's rows count too.
 *
 * @throws InputError if so many rows are no vocabulary's
 */
export function rowMap(
  older: Vocabulary,
  newer: Vocabulary,
  newRows: number,
  oldRows = Number.POSITIVE_INFINITY,
): Int32Array {
  // An empty tensor may be as long as it likes; rows of others take bytes.
  if (newRows > MOST_ROWS) throw new InputError(`A vocabulary has no ${newRows} rows.`);
  const rows = new Int32Array(newRows);
  for (let i = 0; i < newRows; i++) {
    const row = rowOfNew(older, newer, i) ?? -1;
    rows[i] = row < oldRows ? row : -1;
  }
  return rows;
}
