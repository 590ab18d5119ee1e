type Method = (...args: never[]) => unknown;
type Answer<T> = T extends Method ? (...args: Parameters<T>) => Promise<Awaited<ReturnType<T>>> : never;

/** Stands for a part that is not built yet: each of the methods waits for it, then asks it. */
export function late<Whole, Name extends keyof Whole, Key extends keyof Whole[Name] & string>(
  whole: () => Promise<Whole>,
  name: Name,
  methods: readonly Key[],
): { [M in Key]: Answer<Whole[Name][M]> } {
  const waiting = methods.map((method) => [
    method,
    async (...args: never[]) => {
      const part = (await whole())[name];
      return (part[method] as Method).apply(part, args);
    },
  ]);
  return Object.fromEntries(waiting) as { [M in Key]: Answer<Whole[Name][M]> };
}
