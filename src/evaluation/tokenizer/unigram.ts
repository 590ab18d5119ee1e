import { InputError } from '../../base/errors.ts';
import { spellOut, byteIds, type EncodePiece } from './bytes.ts';
import type { UnigramModel } from './spec.ts';

/** kUnkPenalty of sentencepiece and tokenizers. */
const UNKNOWN_PENALTY = 10;

interface Node {
  readonly next: Map<string, Node>;
  id?: number;
}

/** The best way to cut the text up to here: its score, and its last piece. */
interface Best {
  readonly score: number;
  readonly start: number;
  readonly id: number | undefined;
}

/**
 * tokenizers' Unigram::encode_optimized (models/unigram/model.rs): of equal paths the first found stays, and neighbours
 * that are unknown become one.
 */
export function unigramEncoder(model: UnigramModel, path: string): EncodePiece {
  const ids = new Map(model.vocab.map(([piece], id) => [piece, id]));
  const root = trie(ids);
  const lowest = model.vocab.reduce((least, [, score]) => Math.min(least, score), Infinity);
  const bytes = model.byte_fallback ? byteIds(ids) : undefined;
  const idsOf = (piece: string): readonly number[] => {
    const id = ids.get(piece);
    if (id !== undefined) return [id];
    const spelled = bytes && spellOut(piece, bytes);
    if (spelled) return spelled;
    if (model.unk_id !== null) return [model.unk_id];
    throw new InputError(`${path} has no token for ${JSON.stringify(piece)}, and no unknown token.`);
  };
  return (text) => pieces(text, bestPath(text, root, model, lowest - UNKNOWN_PENALTY), model.unk_id).flatMap(idsOf);
}

function trie(ids: ReadonlyMap<string, number>): Node {
  const root: Node = { next: new Map() };
  for (const [piece, id] of ids) {
    let node = root;
    for (const character of piece) {
      let next = node.next.get(character);
      if (next === undefined) node.next.set(character, (next = { next: new Map() }));
      node = next;
    }
    node.id = id;
  }
  return root;
}

function bestPath(text: string, root: Node, { vocab }: UnigramModel, unknown: number): (Best | undefined)[] {
  const best: (Best | undefined)[] = [];
  const offer = (end: number, candidate: Best): void => {
    const held = best[end];
    if (held === undefined || candidate.score > held.score) best[end] = candidate;
  };
  for (let start = 0; start < text.length;) {
    const before = best[start]?.score ?? 0;
    const step = characterAt(text, start).length;
    let single = false;
    let node: Node | undefined = root;
    for (let end = start; end < text.length;) {
      const character = characterAt(text, end);
      node = node.next.get(character);
      if (node === undefined) break;
      end += character.length;
      if (node.id === undefined) continue;
      offer(end, { score: before + (vocab[node.id]?.[1] ?? 0), start, id: node.id });
      single ||= end === start + step;
    }
    if (!single) offer(start + step, { score: before + unknown, start, id: undefined });
    start += step;
  }
  return best;
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

/** Backwards from the end; unknown stretches are joined. */
function pieces(text: string, best: readonly (Best | undefined)[], unknown: number | null): string[] {
  const found: string[] = [];
  let joins = false;
  for (let end = text.length; end > 0;) {
    const { start, id } = best[end] ?? { start: 0, id: undefined };
    const isUnknown = id === undefined || id === unknown;
    const piece = text.slice(start, end);
    if (isUnknown && joins) found.push(piece + (found.pop() ?? ''));
    else found.push(piece);
    joins = isUnknown;
    end = start;
  }
  return found.reverse();
}
