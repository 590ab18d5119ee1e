import type { AddedVocabulary } from './addedVocabulary.ts';
import type { Decoder, Library } from './library.ts';
import type { BpeModel } from './spec.ts';

/**
 * Three workarounds for @huggingface/tokenizers 0.2.0 (https://github.com/huggingface/tokenizers.js):
 * - its BPE copies the vocabulary several times, and finds the rank of a pair by JSON text (BPE.ts, add_node), which is most of
 *   its time: it is made without them, and gets them here;
 * - its byte fallback takes a byte order mark away, and reads what it can of bytes that are no UTF-8 together, where the
 *   reference replaces each of them (ByteFallback.ts; decoders/byte_fallback.rs);
 * - its byte-level decoder looks for each token among all that were added, one by one (decoder/ByteLevel.ts).
 */
export function mend(
  { model, decoder }: Library,
  { vocab, merges, unk_token: unknown }: BpeModel,
  added: AddedVocabulary,
): void {
  for (const [token, id] of vocab) {
    model.tokens_to_ids.set(token, id);
    model.vocab[id] = token;
  }
  model.unk_token_id = unknown === null ? undefined : vocab.get(unknown);
  const ranks = ranksOf(merges);
  model.add_node = (queue, node) => {
    const rights = ranks.get(node.token);
    const rank = rights?.first === node.next.token ? rights.rank : rights?.others?.get(node.next.token);
    if (rank === undefined) return;
    node.score = rank + node.bias;
    queue.push(node);
  };
  if (decoder === null) return;
  replaceByByte(decoder);
  if (decoder.config?.type === 'ByteLevel') decodeBetween(decoder, new Set(added.ids.keys()));
}

/** Most left parts have one right part, which needs no table. */
interface Rights {
  readonly first: string;
  rank: number;
  others?: Map<string, number>;
}

function ranksOf(merges: BpeModel['merges']): Map<string, Rights> {
  const ranks = new Map<string, Rights>();
  merges.forEach(([left, right], rank) => {
    const rights = ranks.get(left);
    if (rights === undefined) ranks.set(left, { first: right, rank });
    else if (rights.first === right) rights.rank = rank;
    else (rights.others ??= new Map()).set(right, rank);
  });
  return ranks;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function replaceByByte(decoder: Partial<Decoder>): void {
  if (decoder.config?.type === 'ByteFallback') decoder.text_decoder = { decode: decodeWhole };
  for (const part of decoder.decoders ?? []) replaceByByte(part);
}

function decodeWhole(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return '\uFFFD'.repeat(bytes.length);
  }
}

function decodeBetween(decoder: Decoder, added: ReadonlySet<string>): void {
  decoder.decode_chain = (tokens) => {
    const texts: string[] = [];
    let spelled: string[] = [];
    for (const token of tokens) {
      if (!added.has(token)) {
        spelled.push(token);
        continue;
      }
      if (spelled.length > 0) texts.push(decoder.convert_tokens_to_string(spelled));
      spelled = [];
      texts.push(token);
    }
    if (spelled.length > 0) texts.push(decoder.convert_tokens_to_string(spelled));
    return texts;
  };
}
