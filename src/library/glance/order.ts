const DIGITS = 16;

/** Makes texts compare as people count: layer 2 before layer 10. */
export function orderKey(text: string): string {
  return text.replaceAll(/\d+/g, (digits) => digits.padStart(DIGITS, '0'));
}

/** Sorts by a text of each, as people count; equal ones stay in their order. */
export function inOrder<T>(all: readonly T[], textOf: (one: T) => string): T[] {
  const keyed = all.map((one) => ({ one, key: orderKey(textOf(one)) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ one }) => one);
}
