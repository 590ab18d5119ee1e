/**
 * Does the work for all items at the same time. When one fails the others are told to stop; all have ended when this does.
 *
 * @throws what failed first
 */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
): Promise<R[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const results = await Promise.all(
    items.map(async (item) => {
      try {
        return [await work(item, either)];
      } catch (error) {
        failures.push(error);
        stop.abort();
        return [];
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  return results.flat();
}
