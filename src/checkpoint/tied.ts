import type { Checkpoint, LocatedTensor } from './checkpoint.ts';

const EMBEDDING = /(^|\.)(embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|shared)\.weight$/;
const HEAD = /(^|\.)(lm_head|embed_out)$/;

export function isHead(module: string): boolean {
  return HEAD.test(module);
}

export function isEmbeddingTensor(name: string): boolean {
  return EMBEDDING.test(name);
}

/** The one input embedding of a checkpoint, if there is exactly one. */
export function embeddingOf(base: Checkpoint): LocatedTensor | undefined {
  const found = [...base.tensors.values()].filter(({ entry }) => isEmbeddingTensor(entry.name));
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Whether a tied base stores head and embedding all the same: transformers 4 would drop one of the two, 5 would untie them,
 * so adding to a shared matrix has no meaning.
 */
export function storesBoth(base: Checkpoint, name: string): boolean {
  const names = [...base.tensors.keys()];
  const both = names.some((other) => isHead(other.replace(/\.weight$/, ''))) && names.some(isEmbeddingTensor);
  return base.config.tiesEmbeddings && both && (isEmbeddingTensor(name) || isHead(name.replace(/\.weight$/, '')));
}
