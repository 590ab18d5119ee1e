import type { Library } from './pipeline.ts';

/** The parts of @huggingface/tokenizers 0.2.0 that its types do not show. */
interface Bpe {
  merges: readonly (readonly [string, string])[];
  bpe_ranks: { get(key: string): number | undefined };
  add_node(queue: { push(node: BpeNode): void }, node: BpeNode): void;
}

interface BpeNode {
  readonly token: string;
  readonly next: { readonly token: string };
  readonly bias: number;
  score?: number;
}

interface Decoder {
  readonly config: { readonly type?: string };
  readonly decoders?: readonly Decoder[];
  text_decoder?: { decode(bytes: Uint8Array): string };
}

/**
 * Two workarounds for @huggingface/tokenizers 0.2.0 (https://github.com/huggingface/tokenizers.js):
 * - its BPE finds the rank of a pair by JSON text (BPE.ts, add_node), which is most of its time;
 * - its byte fallback takes a byte order mark away, and reads what it can of bytes that are no UTF-8 together, where the
 *   reference replaces each of them (ByteFallback.ts; decoders/byte_fallback.rs).
 */
export function mend(library: Library): void {
  const { model, decoder } = library as unknown as { model: Partial<Bpe>; decoder: Decoder | null };
  if (model.merges !== undefined) rankByPair(model as Bpe);
  if (decoder !== null) replaceByByte(decoder);
}

function rankByPair(model: Bpe): void {
  const ranks = new Map<string, Map<string, number>>();
  model.merges.forEach(([left, right], rank) => {
    const own = ranks.get(left) ?? new Map<string, number>();
    own.set(right, rank);
    ranks.set(left, own);
  });
  model.bpe_ranks = { get: () => undefined };
  model.add_node = (queue, node) => {
    const rank = ranks.get(node.token)?.get(node.next.token);
    if (rank === undefined) return;
    node.score = rank + node.bias;
    queue.push(node);
  };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function replaceByByte(decoder: Decoder): void {
  if (decoder.config.type === 'ByteFallback') decoder.text_decoder = { decode: decodeWhole };
  for (const part of decoder.decoders ?? []) replaceByByte(part);
}

function decodeWhole(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return '\uFFFD'.repeat(bytes.length);
  }
}
