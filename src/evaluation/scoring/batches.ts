import type { ScoringRow } from './trees.ts';

/**
 * Rows in batches of about `tokens` padded tokens: the longest first, so that little is padded and memory is known at once.
 * Trees and plain rows apart, since only trees need masks.
 */
export function makeBatches(rows: readonly ScoringRow[], tokens: number): ScoringRow[][] {
  const trees = rows.filter(({ tree }) => tree.branches.length > 0);
  const plain = rows.filter(({ tree }) => tree.branches.length === 0);
  return [...packed(trees, tokens), ...packed(plain, tokens)];
}

function packed(rows: readonly ScoringRow[], tokens: number): ScoringRow[][] {
  const batches: ScoringRow[][] = [];
  let batch: ScoringRow[] = [];
  let longest = 0;
  for (const row of [...rows].sort((a, b) => b.tokens - a.tokens)) {
    if (batch.length > 0 && (batch.length + 1) * longest > tokens) {
      batches.push(batch);
      batch = [];
    }
    if (batch.length === 0) longest = row.tokens;
    batch.push(row);
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
