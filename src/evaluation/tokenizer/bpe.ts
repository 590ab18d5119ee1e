import { InputError } from '../../base/errors.ts';
import { byteIds, spellOut, type EncodePiece } from './bytes.ts';
import { MergeQueue, placeOfKey, rankOfKey } from './mergeQueue.ts';
import { MergeTable } from './mergeTable.ts';
import type { BpeModel } from './spec.ts';

/** What tokenizers' BPE keeps too, so that common words are merged once. */
const CACHED_WORDS = 50_000;
const CACHED_LENGTH = 256;

const BEFORE_MARK = /(?<=[^▁])(?=▁)/;

interface Merges {
  readonly table: MergeTable;
  /** What a merge makes, by rank. */
  readonly merged: Int32Array;
}

/**
 * tokenizers' BPE (models/bpe/model.rs, word.rs), on ids. @huggingface/tokenizers gives the same tokens, but at 0.05 to
 * 0.2 MB/s (BPE.ts looks merges up by JSON text), and it fuses unknown characters across words.
 *
 * @throws InputError if a merge makes or takes a token that is not in the vocabulary
 */
export function bpeEncoder(model: BpeModel, path: string): EncodePiece {
  const merges = mergesOf(model, path);
  const cache = new Map<string, readonly number[]>();
  const symbols = symbolsOf(model);
  const encode: EncodePiece = (word) => {
    const whole = model.ignore_merges ? model.vocab.get(word) : undefined;
    return whole === undefined ? mergeAll(symbols(word), merges) : [whole];
  };
  const cached: EncodePiece = (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const ids = encode(word);
    if (word.length < CACHED_LENGTH && cache.size < CACHED_WORDS) cache.set(word, ids);
    return ids;
  };
  return mergesWithinWords(model) ? (piece) => piece.split(BEFORE_MARK).flatMap(cached) : cached;
}

/**
 * Sentencepiece's models get a text in one piece. Where no token goes on over the mark of the next word, no merge does
 * either, and the words can be merged one by one: the same tokens, from the cache for the most part.
 */
function mergesWithinWords(model: BpeModel): boolean {
  if (model.ignore_merges || model.continuing_subword_prefix || model.end_of_word_suffix) return false;
  if (byteIds(model.vocab).includes(undefined)) return false;
  for (const token of model.vocab.keys()) if (/[^▁]▁/.test(token)) return false;
  return model.byte_fallback;
}

function mergesOf({ vocab, merges, continuing_subword_prefix: prefix }: BpeModel, path: string): Merges {
  const table = new MergeTable(merges.length);
  const merged = new Int32Array(merges.length);
  const idOf = (token: string): number => {
    const id = vocab.get(token);
    if (id === undefined)
      throw new InputError(`${path}: model.merges: ${JSON.stringify(token)} is not in the vocabulary.`);
    return id;
  };
  merges.forEach(([left, right], rank) => {
    merged[rank] = idOf(left + right.slice(prefix?.length ?? 0));
    table.set(idOf(left), idOf(right), rank);
  });
  return { table, merged };
}

/** BPE::merge_word: one id for each character, its bytes where the vocabulary lacks it, or the unknown token. */
function symbolsOf(model: BpeModel): (piece: string) => number[] {
  const { vocab, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  const bytes = model.byte_fallback ? byteIds(vocab) : undefined;
  const unknown = model.unk_token === null ? undefined : vocab.get(model.unk_token);
  return (piece) => {
    const ids: number[] = [];
    let pending = false;
    for (let at = 0; at < piece.length;) {
      const character = String.fromCodePoint(piece.codePointAt(at) ?? 0);
      const end = at + character.length;
      const symbol = `${at > 0 ? (prefix ?? '') : ''}${character}${end === piece.length ? (suffix ?? '') : ''}`;
      at = end;
      const id = vocab.get(symbol);
      if (id === undefined) {
        const spelled = bytes && spellOut(symbol, bytes);
        if (spelled) ids.push(...spelled);
        else if (unknown !== undefined) {
          if (pending && !model.fuse_unk) ids.push(unknown);
          pending = true;
        }
        continue;
      }
      if (pending && unknown !== undefined) ids.push(unknown);
      pending = false;
      ids.push(id);
    }
    if (pending && unknown !== undefined) ids.push(unknown);
    return ids;
  };
}

/**
 * Word::merge_all over a linked list of symbols. A merge that waits is stale where its pair has changed since, unless
 * what the pair makes is still the same.
 */
function mergeAll(ids: number[], { table, merged }: Merges): number[] {
  const last = ids.length - 1;
  const next = Int32Array.from(ids, (_, i) => (i < last ? i + 1 : -1));
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const ranks = new Int32Array(ids.length).fill(-1);
  const queue = new MergeQueue();
  const offer = (place: number): void => {
    const right = next[place] ?? -1;
    const rank = right === -1 ? -1 : table.rankOf(ids[place] ?? -1, ids[right] ?? -1);
    ranks[place] = rank;
    if (rank !== -1) queue.push(rank, place);
  };
  for (let i = 0; i < last; i++) offer(i);
  for (let key = queue.pop(); key !== -1; key = queue.pop()) {
    const place = placeOfKey(key);
    const made = merged[rankOfKey(key)] ?? -1;
    const rank = ranks[place] ?? -1;
    if (rank === -1 || merged[rank] !== made) continue;
    const right = next[place] ?? -1;
    ids[place] = made;
    ids[right] = -1;
    ranks[right] = -1;
    const after = next[right] ?? -1;
    next[place] = after;
    if (after !== -1) previous[after] = place;
    const before = previous[place] ?? -1;
    if (before !== -1) offer(before);
    offer(place);
  }
  return ids.filter((id) => id !== -1);
}
