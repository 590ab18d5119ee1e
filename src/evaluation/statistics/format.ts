/** Shares between 0 and 1 are written as percentages, everything else as it is. */
export type Unit = 'percent' | 'plain';

/**
 * 86.8 ± 1.5. Percentages have one decimal, or as many as show the first digit of a smaller error; other numbers as many
 * as give the error two digits.
 */
export function formatWithError(value: number, error: number | undefined, unit: Unit = 'percent'): string {
  const [shown, off] = unit === 'percent' ? [value * 100, (error ?? NaN) * 100] : [value, error ?? NaN];
  const places = decimals(off, unit);
  if (Number.isNaN(off)) return fixed(shown, places);
  return `${fixed(shown, places)} ± ${fixed(off, places)}`;
}

/** [-1.2, 3.4] */
export function formatInterval({ low, high }: { low: number; high: number }, unit: Unit = 'percent'): string {
  const [from, to] = unit === 'percent' ? [low * 100, high * 100] : [low, high];
  const places = decimals((to - from) / 2, unit);
  return `[${fixed(from, places)}, ${fixed(to, places)}]`;
}

/** p = 0.032, p < 0.0001 */
export function formatPValue(p: number): string {
  if (p < 0.0001) return 'p < 0.0001';
  return `p = ${Number(p.toPrecision(2))}`;
}

/** 10,000: the same in every locale. */
export function formatInteger(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Decimals that show an error, or undefined where there is none to show. */
function decimals(error: number, unit: Unit): number | undefined {
  if (!(error > 0) || !Number.isFinite(error)) return unit === 'percent' ? 1 : undefined;
  const digit = Math.floor(Math.log10(error));
  return Math.min(100, unit === 'percent' ? Math.max(1, -digit) : Math.max(0, 1 - digit));
}

/** -0.0 is written 0.0. */
function fixed(value: number, places: number | undefined): string {
  const text = places === undefined ? String(Number(value.toPrecision(4))) : value.toFixed(places);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
