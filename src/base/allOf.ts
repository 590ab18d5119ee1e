/** Like Promise.all, but all have ended when this does. @throws what the first of them that failed, in their order, threw */
export async function allOf<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
