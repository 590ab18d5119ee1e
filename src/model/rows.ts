/**
 * Token sequences that share their beginning, as one row of a batch: the prefix once, then each branch, which sees the prefix
 * and itself. A plain sequence is a prefix alone.
 */
export interface TokenTree {
  readonly prefix: readonly number[];
  readonly branches: readonly (readonly number[])[];
}

/** The place of one token in its row. */
export interface Place {
  /** 0 is the prefix, k the k-th branch. */
  readonly segment: number;
  readonly position: number;
}

export function lengthOf({ prefix, branches }: TokenTree): number {
  return branches.reduce((sum, branch) => sum + branch.length, prefix.length);
}

/** The tokens of a row in their order, and where each stands. */
export function flatten({ prefix, branches }: TokenTree): { tokens: number[]; places: Place[] } {
  const tokens = [...prefix, ...branches.flat()];
  const places = prefix.map((_, position) => ({ segment: 0, position }));
  branches.forEach((branch, k) => {
    for (let i = 0; i < branch.length; i++) places.push({ segment: k + 1, position: prefix.length + i });
  });
  return { tokens, places };
}

/** What is added to the score of a token that must not be seen: near float32's end, so that no sum becomes NaN. */
export const HIDDEN = -3.4e38;

/**
 * float32 [rows, 1, length, length]: 0 where a token sees another, else HIDDEN. A token sees its own segment and the prefix up to
 * itself, within the window. Places past a row's end see what the row sees.
 */
export function treeMask(
  rows: readonly (readonly Place[])[],
  length: number,
  window: number | undefined,
): Float32Array {
  const mask = new Float32Array(rows.length * length * length).fill(HIDDEN);
  rows.forEach((places, row) => {
    places.forEach(({ segment, position }, i) => {
      const base = (row * length + i) * length;
      for (let j = 0; j <= i; j++) {
        const other = places[j];
        if (other === undefined || (other.segment !== 0 && other.segment !== segment)) continue;
        const distance = position - other.position;
        if (distance >= 0 && (window === undefined || distance < window)) mask[base + j] = 0;
      }
    });
    for (let i = places.length; i < length; i++) mask[(row * length + i) * length] = 0;
  });
  return mask;
}
