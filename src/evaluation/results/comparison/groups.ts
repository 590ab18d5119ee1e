/** In the order in which their first members appear. */
export function groupBy<T, K>(all: readonly T[], keyOf: (of: T) => K): [K, T[]][] {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(one);
  }
  return [...groups];
}
