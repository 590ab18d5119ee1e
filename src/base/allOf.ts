/** Like Promise.all, but all have ended when this does. @throws what the first of them that failed, in their order, threw */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
