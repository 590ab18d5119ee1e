import { listTokens, showToken } from '../../checkpoint/vocabulary/listTokens.ts';
import { compareVocabularies, rowMap, type VocabularyChange } from '../../checkpoint/vocabulary/compare.ts';
import type { Vocabulary } from '../../checkpoint/vocabulary/vocabulary.ts';

/** The tokenizers of a port, where they are there and matter. */
export interface Vocabularies {
  /** The patch's own, else the old base's: whose rows the patch has. */
  readonly patch: Vocabulary | undefined;
  readonly newBase: Vocabulary | undefined;
}

/** How rows of a vocabulary are found again in the new base. */
export interface RowRule {
  /** For each row of the new tensor the row of the patch, or −1; undefined: the same one. */
  readonly map: Int32Array | undefined;
  readonly rule: string;
}

const VOCABULARY_MODULES = /(^|\.)(embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|shared|lm_head|embed_out)$/;

/** Whether rows of this module's weight are tokens. */
export function isVocabularyModule(module: string): boolean {
  return VOCABULARY_MODULES.test(module);
}

/** Which row of the patch belongs to which of the new base, or why that cannot be told. */
export function matchRows(patchRows: number, newRows: number, { patch, newBase }: Vocabularies): RowRule | string {
  if (patch === undefined || newBase === undefined) {
    if (patchRows === newRows) return { map: undefined, rule: 'rows by position' };
    return (
      `it has ${patchRows} rows and the new base ${newRows}, and without both tokenizers nobody can tell which row is ` +
      `which token: ${newBase === undefined ? 'copy the tokenizer files of the new base into its folder' : 'name the old base (--from OLD), with its tokenizer files'}`
    );
  }
  const change = compared(patch, newBase);
  if (change.different) return `its tokenizer is of another kind: ${listTokens(change, 0)[0] ?? ''}`;
  if (change.same && patchRows === newRows) return { map: undefined, rule: 'rows by token, none moved' };
  return { map: rowMap(patch, newBase, newRows, patchRows), rule: 'rows by token' };
}

/** A quarter of a million tokens take half a second, and every tensor of theirs asks. */
const comparisons = new WeakMap<Vocabulary, { readonly newBase: Vocabulary; readonly change: VocabularyChange }>();

function compared(patch: Vocabulary, newBase: Vocabulary): VocabularyChange {
  const known = comparisons.get(patch);
  if (known?.newBase === newBase) return known.change;
  const change = compareVocabularies(patch, newBase);
  comparisons.set(patch, { newBase, change });
  return change;
}

/** The tokens of some of the patch's rows that the new base does not have, as they are shown. */
export function lostRows(rows: readonly number[], { patch, newBase }: Vocabularies): string[] {
  if (patch === undefined || newBase === undefined) return [];
  return rows.flatMap((row) => {
    const token = patch.tokens[row];
    return token === undefined || newBase.ids.has(token) ? [] : [showToken(token)];
  });
}

/** In words, what moved between the two vocabularies. */
export function vocabularyNotes({ patch, newBase }: Vocabularies): string[] {
  if (patch === undefined || newBase === undefined) return [];
  const change = compared(patch, newBase);
  return change.same || change.different ? [] : listTokens(change, 5).map((line) => `Vocabulary: ${line}`);
}
